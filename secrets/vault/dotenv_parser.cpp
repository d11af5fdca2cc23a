#include "secrets/vault/dotenv_parser.hpp"

#include "secrets/arena/secret_error.hpp"
#include "secrets/vault/substitute.hpp"

#include <algorithm>
#include <utility>

namespace hwcsync::secrets {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

bool is_key_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
         c == '-' || c == '[' || c == ']';
}

bool is_octal(char c) {
  return c >= '0' && c <= '7';
}

class Parser {
 public:
  // The view is of arena memory: it is looked at and never copied to anywhere but the arena.
  Parser(std::string_view text, const std::string& subject) : text_(text), subject_(subject) {}

  std::vector<DotenvEntry> run() {
    if (text_.starts_with("\xEF\xBB\xBF")) position_ = 3;
    while (skip_to_statement()) {
      std::string key = take_key();
      SecureBuffer value = take_value();
      entries_.push_back({std::move(key), std::move(value)});
    }
    return std::move(entries_);
  }

 private:
  [[noreturn]] void fail(const std::string& why) const {
    throw_undecryptable(SecretFailure::malformed, subject_, "line " + std::to_string(line_) + ": " + why);
  }
  [[nodiscard]] bool at_end() const { return position_ >= text_.size(); }
  [[nodiscard]] char peek() const { return text_[position_]; }
  void advance() {
    if (text_[position_++] == '\n') ++line_;
  }
  void skip_blanks() {
    while (!at_end() && is_blank(peek())) advance();
  }
  void skip_line() {
    while (!at_end() && peek() != '\n') advance();
  }

  // To the first character that is neither white space nor in a comment; false at the end.
  bool skip_to_statement() {
    for (;;) {
      while (!at_end() && (is_blank(peek()) || peek() == '\n')) advance();
      if (at_end()) return false;
      if (peek() != '#') return true;
      skip_line();
    }
  }

  std::string_view take_word() {
    const std::size_t start = position_;
    while (!at_end() && is_key_character(peek())) advance();
    return text_.substr(start, position_ - start);
  }

  // Names of variables are not secret (sops keeps them in clear), but a word counts as a name, and may be
  // told or copied, only once the '=' after it is seen: the file may be a bare password by mistake.
  std::string take_key() {
    std::string_view key = take_word();
    skip_blanks();
    if (key == "export" && !at_end() && is_key_character(peek())) {
      key = take_word();
      skip_blanks();
    }
    if (key.empty()) fail("it does not begin with the name of a variable");
    if (at_end() || peek() == '\n')
      fail("there is no '=' (values of the host's environment are not taken over)");
    if (peek() != '=' && peek() != ':') fail("there is no '=' after the first word");
    advance();
    skip_blanks();
    return std::string(key);
  }

  SecureBuffer take_value() {
    if (!at_end() && peek() == '\'') return take_single_quoted();
    if (!at_end() && peek() == '"') return take_double_quoted();
    return take_bare();
  }

  SecureBuffer take_bare() {
    const std::size_t start = position_;
    const int line = line_;
    skip_line();
    std::string_view value = text_.substr(start, position_ - start);
    if (const auto comment = value.find(" #"); comment != std::string_view::npos)
      value = value.substr(0, comment);
    while (!value.empty() && is_blank(value.back())) value.remove_suffix(1);
    return substitute_from(as_bytes(value), line);
  }

  // Only \' is an escape; any other backslash stands for itself.
  SecureBuffer take_single_quoted() {
    SecureBuffer out = take_until('\'');
    finish_statement();
    return out;
  }

  SecureBuffer take_double_quoted() {
    const int line = line_;
    const SecureBuffer raw = take_until('"');
    finish_statement();
    return substitute_from(expand_escapes(raw).bytes(), line);
  }

  // What stands between quotes, with the backslash of an escaped quote removed.
  SecureBuffer take_until(char quote) {
    const int opened = line_;
    advance();
    SecureBuffer out;
    while (!at_end()) {
      const char c = peek();
      if (c == quote) {
        advance();
        return out;
      }
      advance();
      if (c == '\\' && !at_end()) {
        if (peek() != quote) out.append('\\');
        append_line_character(out);
      } else if (c != '\r' || at_end() || peek() != '\n') {
        out.append(static_cast<std::uint8_t>(c));
      }
    }
    line_ = opened;
    fail("a quote is not closed");
  }

  // One character; CRLF counts as LF.
  void append_line_character(SecureBuffer& out) {
    const char c = peek();
    advance();
    if (c != '\r' || at_end() || peek() != '\n') out.append(static_cast<std::uint8_t>(c));
  }

  void finish_statement() {
    skip_blanks();
    if (at_end() || peek() == '\n') return;
    if (peek() != '#') fail("there is something after the closing quote");
    skip_line();
  }

  static SecureBuffer expand_escapes(const SecureBuffer& raw) {
    SecureBuffer out;
    const std::string_view text(reinterpret_cast<const char*>(raw.data()), raw.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] != '\\' || i + 1 == text.size()) {
        out.append(static_cast<std::uint8_t>(text[i]));
        continue;
      }
      const char c = text[++i];
      constexpr std::string_view kLetters = "abfnrtv\\\"";
      constexpr std::string_view kMeanings = "\a\b\f\n\r\t\v\\\"";
      if (const auto letter = kLetters.find(c); letter != std::string_view::npos) {
        out.append(static_cast<std::uint8_t>(kMeanings[letter]));
      } else if (c == '$') {
        out.append(as_bytes("$$"));  // what the substitution turns into one dollar
      } else if (c == '0' && i + 3 < text.size() && text[i + 1] <= '3' &&
                 std::all_of(&text[i + 1], &text[i + 4], is_octal)) {
        const int value = (text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0');
        out.append(static_cast<std::uint8_t>(value));
        i += 3;
      } else {
        out.append('\\');
        out.append(static_cast<std::uint8_t>(c));
      }
    }
    return out;
  }

  SecureBuffer substitute_from(Bytes text, int line) {
    try {
      return substitute(text, entries_);
    } catch (const SubstitutionError& error) {
      line_ = line;
      fail(error.what());
    }
  }

  std::string_view text_;
  const std::string& subject_;
  std::size_t position_ = 0;
  int line_ = 1;
  std::vector<DotenvEntry> entries_;
};

}  // namespace

std::vector<DotenvEntry> parse_dotenv(Bytes text, const std::string& subject) {
  return Parser({reinterpret_cast<const char*>(text.data()), text.size()}, subject).run();
}

}  // namespace hwcsync::secrets
