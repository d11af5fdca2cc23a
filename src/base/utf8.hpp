#pragma once

#include "src/base/error.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace hwcsync {

// Where the first byte stands that is not UTF-8; nothing when all of it is.
[[nodiscard]] std::optional<Problem> utf8_problem(std::string_view text, const std::string& file);

}  // namespace hwcsync
