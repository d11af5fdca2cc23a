#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hwcsync::cli {

// A command line cut into words as sops cuts SOPS_AGE_KEY_CMD (google/shlex): blanks, single and double
// quotes, backslashes, and comments. No variables, no globs, no shell. Throws Error when a quote is not
// closed or there is no word.
[[nodiscard]] std::vector<std::string> split_words(std::string_view line);

}  // namespace hwcsync::cli
