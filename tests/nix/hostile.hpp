#pragma once

#include <random>
#include <string>

namespace hwcsync::test {

// Text that some layer between a Compose file and a container would like to misread. Always UTF-8 without
// NUL; the same seed gives the same texts.
class HostileText {
 public:
  explicit HostileText(unsigned seed) : random_(seed) {}

  // With none of the characters in `without`, and at least one character.
  std::string operator()(const std::string& without = "");

 private:
  std::mt19937 random_;
};

}  // namespace hwcsync::test
