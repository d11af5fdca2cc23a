#include "secrets/age/header.hpp"

#include "secrets/arena/base64.hpp"
#include "secrets/arena/secret_error.hpp"
#include "src/base/text.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace hwcsync::secrets {
namespace {

constexpr std::string_view kVersion = "age-encryption.org/v1";
constexpr std::size_t kHeaderLimit = 1U << 20U;
constexpr std::size_t kStanzaLimit = 4096;
constexpr std::size_t kColumns = 64;  // base64 characters of a full body line: 48 bytes

class LineReader {
 public:
  explicit LineReader(Bytes file) : text_(reinterpret_cast<const char*>(file.data()), file.size()) {}

  // The next line without its LF.
  std::string_view next() {
    const auto end = text_.substr(0, kHeaderLimit).find('\n', position_);
    if (end == std::string_view::npos) throw_header_failure("the header ends too early");
    const std::string_view line = text_.substr(position_, end - position_);
    position_ = end + 1;
    if (line.find('\r') != std::string_view::npos) throw_header_failure("it has carriage returns");
    return line;
  }
  [[nodiscard]] std::size_t position() const { return position_; }

 private:
  std::string_view text_;
  std::size_t position_ = 0;
};

// The arguments after the prefix ("->", "---"), each after exactly one space and of visible ASCII.
std::vector<std::string> parse_arguments(std::string_view rest) {
  std::vector<std::string> out;
  while (!rest.empty()) {
    if (rest.front() != ' ') throw_header_failure("a line does not have the form of a stanza");
    rest.remove_prefix(1);
    const std::string_view word = rest.substr(0, rest.find(' '));
    const bool visible = std::ranges::all_of(word, [](char c) { return c >= 33 && c <= 126; });
    if (word.empty() || !visible) throw_header_failure("a stanza has an empty or invalid argument");
    out.emplace_back(word);
    rest.remove_prefix(word.size());
  }
  return out;
}

Stanza parse_stanza(std::string_view line, LineReader& lines) {
  auto words = parse_arguments(line.substr(2));
  if (words.empty()) throw_header_failure("a stanza has no type");
  Stanza out;
  out.type = std::move(words.front());
  out.arguments.assign(std::make_move_iterator(words.begin() + 1), std::make_move_iterator(words.end()));
  for (;;) {
    const std::string_view body = lines.next();
    if (body.size() > kColumns) throw_header_failure("a body line is too long");
    const auto bytes = decode_public_base64(as_bytes(body), Padding::none);
    if (!bytes) throw_header_failure("a body is not canonical base64");
    out.body.insert(out.body.end(), bytes->begin(), bytes->end());
    if (body.size() < kColumns) return out;
  }
}

}  // namespace

Header parse_header(Bytes file) {
  LineReader lines(file);
  if (lines.next() != kVersion) throw_header_failure("it does not begin with " + std::string(kVersion));
  Header out;
  for (;;) {
    const std::size_t start = lines.position();
    const std::string_view line = lines.next();
    if (line.starts_with("---")) {
      const auto words = parse_arguments(line.substr(3));
      if (words.size() != 1) throw_header_failure("the last line does not hold one MAC");
      std::ranges::copy(decode_argument(words.front(), out.mac.size(), "the MAC"), out.mac.begin());
      out.authenticated = file.first(start + 3);
      break;
    }
    if (!line.starts_with("->")) throw_header_failure("a line does not have the form of a stanza");
    if (out.stanzas.size() == kStanzaLimit) throw_header_failure("it has more than 4096 stanzas");
    out.stanzas.push_back(parse_stanza(line, lines));
  }
  if (out.stanzas.empty()) throw_header_failure("it has no recipients");
  out.size = lines.position();
  return out;
}

std::string format_header(const std::vector<Stanza>& stanzas) {
  std::string out(kVersion);
  out += '\n';
  for (const Stanza& stanza : stanzas) {
    out += "-> " + stanza.type;
    for (const std::string& argument : stanza.arguments) out += ' ' + argument;
    out += '\n';
    std::string body = encode_base64(stanza.body, Padding::none);
    // A body ends with a short line, which may be empty.
    for (std::size_t at = 0; at <= body.size(); at += kColumns) out += body.substr(at, kColumns) + '\n';
  }
  return out + "---";
}

void throw_header_failure(std::string_view why) {
  throw_undecryptable(SecretFailure::header_failure, "an age file", why);
}

std::vector<std::uint8_t> decode_argument(std::string_view text, std::size_t size, std::string_view what) {
  auto bytes = decode_public_base64(as_bytes(text), Padding::none);
  if (!bytes || bytes->size() != size) {
    throw_header_failure(std::string(what) + " is not canonical base64 of " + count_of(size, "byte"));
  }
  return std::move(*bytes);
}

}  // namespace hwcsync::secrets
