#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace hwcsync::git {

// The full id of a Git object: 40 lower-case hex digits. Made only by parsing.
class ObjectId {
 public:
  [[nodiscard]] static std::optional<ObjectId> parse(std::string_view text);
  [[nodiscard]] const std::string& hex() const noexcept { return hex_; }
  [[nodiscard]] std::string shortened() const { return hex_.substr(0, 7); }
  auto operator<=>(const ObjectId&) const = default;

 private:
  explicit ObjectId(std::string hex) : hex_(std::move(hex)) {}
  std::string hex_;
};

}  // namespace hwcsync::git
