#include "secrets/sops/json_reader.hpp"

#include "secrets/arena/secret_error.hpp"
#include "secrets/sops/scalar.hpp"
#include "src/base/text.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace hwcsync::secrets {
namespace {

constexpr int kDepthLimit = 64;

class Reader {
 public:
  Reader(Bytes text, std::string_view verb)
      : text_(reinterpret_cast<const char*>(text.data()), text.size()), verb_(verb) {}

  SopsNode run() {
    if (!is_valid_utf8(text_)) fail("the file is not UTF-8");
    skip_blanks();
    if (peek() != '{') fail("it is not a JSON object");
    SopsNode out = value();
    skip_blanks();
    if (at_ != text_.size()) fail("something follows the object");
    return out;
  }

 private:
  [[noreturn]] void fail(std::string_view why) const {
    const auto line = 1 + std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(at_), '\n');
    throw SecretError(SecretFailure::malformed, ErrorText{std::string(verb_), "a JSON file", {}, {}},
                      "line " + std::to_string(line) + ": " + std::string(why));
  }

  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void skip_blanks() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos)
      ++at_;
  }
  bool take(char c) {
    skip_blanks();
    if (peek() != c || at_ == text_.size()) return false;
    ++at_;
    return true;
  }

  SopsNode value() {
    skip_blanks();
    switch (peek()) {
      case '{':
      case '[':
        return container();
      case '"':
        return SopsNode::scalar(text());
      case 't':
        word("true");
        return SopsNode::scalar(SecureBuffer(as_bytes("True")), ScalarType::boolean);
      case 'f':
        word("false");
        return SopsNode::scalar(SecureBuffer(as_bytes("False")), ScalarType::boolean);
      case 'n':
        word("null");
        return {};
      default:
        return number();
    }
  }

  void word(std::string_view expected) {
    if (!text_.substr(at_).starts_with(expected)) fail("a value that JSON does not have");
    at_ += expected.size();
  }

  SopsNode container() {
    if (++depth_ > kDepthLimit) fail("more than 64 levels");
    const bool is_map = peek() == '{';
    const char close = is_map ? '}' : ']';
    SopsNode out = is_map ? SopsNode::map() : SopsNode::list();
    ++at_;
    if (!take(close)) {
      do {
        std::string key;
        if (is_map) {
          skip_blanks();
          if (peek() != '"') fail("a key does not stand in quotes");
          key = public_text(text());
          if (!take(':')) fail("a ':' is missing");
        }
        out.items.push_back({std::move(key), value()});
      } while (take(','));
      if (!take(close)) fail("a ',' or the closing bracket is missing");
    }
    --depth_;
    return out;
  }

  // -?(0|[1-9][0-9]*)(.[0-9]+)?([eE][-+]?[0-9]+)?
  SopsNode number() {
    const std::size_t start = at_;
    if (peek() == '-') ++at_;
    const std::size_t whole = at_;
    if (digits() == 0 || (text_[whole] == '0' && at_ != whole + 1)) fail("a value that JSON does not have");
    if (peek() == '.') {
      ++at_;
      if (digits() == 0) fail("a number without digits after its point");
    }
    if (peek() == 'e' || peek() == 'E') {
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      if (digits() == 0) fail("a number without digits in its exponent");
    }
    auto out = resolve_json_number(as_bytes(text_.substr(start, at_ - start)));
    if (!out) fail("a number that is too large");
    return std::move(*out);
  }

  std::size_t digits() {
    const std::size_t start = at_;
    while (peek() >= '0' && peek() <= '9') ++at_;
    return at_ - start;
  }

  SecureBuffer text() {
    SecureBuffer out;
    ++at_;
    for (;;) {
      const std::size_t start = at_;
      while (at_ < text_.size() && text_[at_] != '"' && text_[at_] != '\\' &&
             static_cast<unsigned char>(text_[at_]) >= 0x20)
        ++at_;
      out.append(as_bytes(text_.substr(start, at_ - start)));
      const char c = peek();
      if (c == '"') {
        ++at_;
        return out;
      }
      if (c != '\\') fail("a text does not end on its line");
      ++at_;
      escape(out);
    }
  }

  void escape(SecureBuffer& out) {
    constexpr std::string_view kLetters = "\"\\/bfnrt";
    constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    if (at_ == text_.size()) fail("a text does not end");
    const char c = text_[at_++];
    if (const auto letter = kLetters.find(c); letter != std::string_view::npos) {
      out.append(static_cast<std::uint8_t>(kMeanings[letter]));
      return;
    }
    if (c != 'u') fail("a wrong escape in a text");
    std::uint32_t code = hex();
    if (code >= 0xd800 && code < 0xdc00 && text_.substr(at_).starts_with("\\u")) {
      at_ += 2;
      const std::uint32_t low = hex();
      if (low < 0xdc00 || low >= 0xe000) fail("half a surrogate pair in a text");
      code = 0x10000 + ((code - 0xd800) << 10U) + (low - 0xdc00);
    }
    if (code >= 0xd800 && code < 0xe000) fail("half a surrogate pair in a text");
    append_utf8(out, code);
  }

  std::uint32_t hex() {
    std::uint32_t out = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
      const char c = peek();
      const char lower = static_cast<char>(c | 0x20);
      const bool digit = c >= '0' && c <= '9';
      if (!digit && (lower < 'a' || lower > 'f')) fail("a wrong escape in a text");
      out = out << 4U | static_cast<std::uint32_t>(digit ? c - '0' : lower - 'a' + 10);
    }
    return out;
  }

  std::string_view text_;
  std::string_view verb_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

SopsNode read_json_object(Bytes text, std::string_view verb) {
  return Reader(text, verb).run();
}

}  // namespace hwcsync::secrets
