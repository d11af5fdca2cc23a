#pragma once

#include "secrets/sops/metadata.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace hwcsync::secrets {

// One line of a sops dotenv file (sops stores/dotenv): no quoting at all, the first '=' splits, keys are not
// trimmed, a '#' in the first column makes a comment, and "\n" in a value stands for a newline.
struct DotenvLine {
  enum class Kind { value, comment };
  Kind kind = Kind::value;
  std::string_view key;   // empty for a comment
  std::string_view text;  // the value, or the comment after '#'; still with "\n" escapes
  int number = 0;
};

struct DotenvLines {
  std::vector<DotenvLine> lines;  // without the metadata; refer to the text
  FlatMetadata metadata;          // unescaped, without the "sops_" prefix
};

// Throws SecretError: malformed with the line number, or not_encrypted when there is no metadata.
[[nodiscard]] DotenvLines split_sops_dotenv(std::string_view text);

[[nodiscard]] std::string unescape_newlines(std::string_view text);
[[nodiscard]] std::string escape_newlines(std::string_view text);

}  // namespace hwcsync::secrets
