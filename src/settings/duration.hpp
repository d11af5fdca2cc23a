#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace hwcsync::settings {

// A length of time as people write it in a configuration file: whole numbers with a unit (ms, s, sec, min, m,
// h, d), several of them from large to small ("1m30s", "2h", "500ms", "1 min 14 s"). At most one year.
// Nothing for anything else; a bare number is refused, because nobody can tell its unit from looking at it.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

// What a JSON Schema can check of it: a regular expression.
[[nodiscard]] std::string duration_pattern();

}  // namespace hwcsync::settings
