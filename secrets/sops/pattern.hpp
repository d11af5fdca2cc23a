#pragma once

#include "secrets/arena/secure_buffer.hpp"

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace hwcsync::secrets {

// A regular expression as Go's regexp takes it for a search, in time linear in the text whatever the pattern:
// classes, groups, (?i) and (?s) at the front or of a group, alternation, repetition, ^ $ \A \z \b \B.
// Patterns with \p{...}, \Q, back references or other flags are refused rather than read otherwise.
class Pattern {
 public:
  // Throws SecretError: unsupported or malformed, quoting the pattern (it stands in clear in the file).
  explicit Pattern(std::string_view pattern);

  // Whether it matches anywhere. The text may be secret (a comment that is about to be encrypted).
  [[nodiscard]] bool search(Bytes text) const;

  // One step of the compiled program; defined for the compiler in pattern_parser.cpp.
  struct Step {
    enum class Op { characters, split, jump, text_begin, text_end, word_edge, no_word_edge, match };
    Op op = Op::match;
    std::size_t next = 0;
    std::size_t other = 0;                                        // of a split
    std::vector<std::pair<std::uint32_t, std::uint32_t>> ranges;  // of characters, inclusive
  };

 private:
  std::vector<Step> steps_;
};

// Compiles; throws like the constructor.
[[nodiscard]] std::vector<Pattern::Step> compile_pattern(std::string_view pattern);

}  // namespace hwcsync::secrets
