#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace hwcsync {

// SHA-256, as 64 lower-case hex digits.
[[nodiscard]] std::string sha256_hex(std::string_view data);

// Bytes as lower-case hex.
[[nodiscard]] std::string to_hex(std::string_view bytes);

// The id that Git gives to a blob of these bytes (SHA-1 repositories), 40 hex digits.
[[nodiscard]] std::string git_blob_id(std::string_view content);

// SHA-256 over several parts, each framed by its length, so that {"ab","c"} and {"a","bc"} differ.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  Sha256& add(std::string_view part);
  [[nodiscard]] std::string hex();  // call once, last

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace hwcsync
