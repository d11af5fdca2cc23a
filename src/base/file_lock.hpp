#pragma once

#include "src/base/fd.hpp"

#include <optional>
#include <string>

namespace hwcsync {

// An exclusive flock(2) on a file of its own, held until destruction or death of the process.
class FileLock {
 public:
  // Nothing when somebody else holds it; throws SystemError when the file cannot be made.
  [[nodiscard]] static std::optional<FileLock> try_lock(const std::string& path);

 private:
  explicit FileLock(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace hwcsync
