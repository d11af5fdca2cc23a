#include "gitops/nix/escape.hpp"

#include "src/base/error.hpp"
#include "src/base/text.hpp"

#include <algorithm>
#include <array>

namespace hwcsync::nix {

std::string string_body(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) {
    throw Error(ErrorText{"cannot write a Nix string", "text with a NUL byte", "Nix strings end at NUL",
                          "remove the NUL byte from the value"});
  }
  if (!is_valid_utf8(text)) {
    throw Error(ErrorText{"cannot write a Nix string", "text that is not UTF-8",
                          "generated modules are UTF-8",
                          "write the value in UTF-8, or hand it over as a secret file"});
  }
  std::string out;
  out.reserve(text.size() + 8);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    switch (c) {
      case '\\':
        out += "\\\\";
        break;
      case '"':
        out += "\\\"";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      case '$':
        // `$${` is a literal "$" and a literal "${" to the lexer only when the dollars pair up; a backslash
        // before the last dollar is right in every case.
        out += i + 1 < text.size() && text[i + 1] == '{' ? "\\$" : "$";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string string_literal(std::string_view text) {
  return '"' + string_body(text) + '"';
}

bool is_bare_name(std::string_view name) {
  static constexpr std::array<std::string_view, 10> kKeywords{"if",  "then",    "else", "assert", "with",
                                                              "let", "inherit", "in",   "rec",    "or"};
  if (name.empty()) return false;
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  const auto other = [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '\'' || c == '-'; };
  return letter(name.front()) && std::all_of(name.begin(), name.end(), other) &&
         std::find(kKeywords.begin(), kKeywords.end(), name) == kKeywords.end();
}

}  // namespace hwcsync::nix
