#include "src/base/utf8.hpp"

#include "src/base/text.hpp"

namespace hwcsync {

std::optional<Problem> utf8_problem(std::string_view text, const std::string& file) {
  if (is_valid_utf8(text)) return std::nullopt;
  int number = 0;
  for (const std::string& line : split(text, '\n')) {
    ++number;
    if (is_valid_utf8(line)) continue;
    std::size_t good = 0;  // the longest beginning that is whole characters
    for (std::size_t i = 1; i <= line.size(); ++i) {
      if (is_valid_utf8(std::string_view(line).substr(good, i - good))) good = i;
    }
    return Problem{{file, number, static_cast<int>(good) + 1},
                   "this is no UTF-8 text from here on: save the file as UTF-8"};
  }
  return Problem{{file, 0, 0}, "the file is not UTF-8"};
}

}  // namespace hwcsync
