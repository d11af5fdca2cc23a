#include "src/cli/words.hpp"

#include "src/base/error.hpp"

#include <algorithm>

namespace hwcsync::cli {
namespace {

[[noreturn]] void reject(std::string_view why) {
  throw Error("cannot run", "a command", why);
}

}  // namespace

std::vector<std::string> split_words(std::string_view line) {
  std::vector<std::string> out;
  bool inside = false;  // of a word, which may be empty: ''
  char quote = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    const bool blank = c == ' ' || c == '\t' || c == '\r' || c == '\n';
    if (quote == 0 && blank) {
      inside = false;
      continue;
    }
    if (quote == 0 && !inside && c == '#') {
      i = std::min(line.find('\n', i), line.size() - 1);
      continue;
    }
    if (quote == 0 && !inside) out.emplace_back();
    inside = true;
    if (c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '\'' || c == '"')) {
      quote = c;
    } else if (quote != '\'' && c == '\\') {
      if (++i == line.size()) reject("it ends with a backslash");
      out.back() += line[i];
    } else {
      out.back() += c;
    }
  }
  if (quote != 0) reject("a quote is not closed");
  if (out.empty() || out.front().empty()) reject("it names no program");
  return out;
}

}  // namespace hwcsync::cli
