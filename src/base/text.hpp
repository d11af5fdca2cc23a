#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hwcsync {

// The candidate within a small edit distance of `word`, for "did you mean".
[[nodiscard]] std::optional<std::string> nearest_word(std::string_view word,
                                                      std::span<const std::string> candidates);

// "; did you mean 'firewall'?" or nothing.
[[nodiscard]] std::string suggestion(std::string_view word, std::span<const std::string> candidates);

[[nodiscard]] std::vector<std::string> split(std::string_view text, char separator);
[[nodiscard]] std::string_view trim(std::string_view text);
[[nodiscard]] std::string join(std::span<const std::string> parts, std::string_view separator);
// Text from outside as one line that a terminal and JSON can take: control characters (line breaks too) become '?',
// bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string printable(std::string_view text);
[[nodiscard]] bool is_valid_utf8(std::string_view text);

// A shell-style pattern over a path: `*` within a component, `**` over components, `?` one character.
[[nodiscard]] bool glob_match(std::string_view pattern, std::string_view path);

// "1 stack", "3 stacks".
[[nodiscard]] std::string count_of(std::size_t count, std::string_view noun);

}  // namespace hwcsync
