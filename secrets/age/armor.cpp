#include "secrets/age/armor.hpp"

#include "secrets/arena/base64.hpp"
#include "secrets/arena/secret_error.hpp"

#include <algorithm>
#include <string_view>

namespace hwcsync::secrets {
namespace {

constexpr std::string_view kBegin = "-----BEGIN AGE ENCRYPTED FILE-----";
constexpr std::string_view kEnd = "-----END AGE ENCRYPTED FILE-----";
constexpr std::string_view kBlank = " \t\r\n\v\f";
constexpr std::size_t kColumns = 64;
constexpr std::size_t kLineBytes = 48;
constexpr std::size_t kBlankLimit = 1024;  // of white space before and after, as age has it

[[noreturn]] void reject(std::string_view why) {
  throw_undecryptable(SecretFailure::armor_failure, "an age file", why);
}

std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(kBlank) == std::string_view::npos;
}

// Takes one line off the front, without LF or CRLF.
std::string_view take_line(std::string_view& rest) {
  const auto end = rest.find('\n');
  std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

void skip_to_begin(std::string_view& rest) {
  const std::size_t before = rest.size();
  std::string_view line;
  do {
    if (rest.empty()) reject("the first line is missing");
    line = take_line(rest);
    if (is_blank(line) && before - rest.size() > kBlankLimit)
      reject("too much white space before the first line");
  } while (is_blank(line));
  if (line != kBegin) reject("the first line is not " + std::string(kBegin));
}

}  // namespace

bool looks_armored(Bytes file) {
  const std::string_view text = as_text(file);
  const auto start = text.find_first_not_of(kBlank);
  return start != std::string_view::npos && text.substr(start).starts_with("-----BEGIN");
}

std::vector<std::uint8_t> dearmor(Bytes file) {
  std::string_view rest = as_text(file);
  skip_to_begin(rest);
  std::vector<std::uint8_t> out;
  out.reserve(rest.size() / 4 * 3);
  bool last_seen = false;
  for (;;) {
    if (rest.empty()) reject("the last line is missing");
    const std::string_view line = take_line(rest);
    if (line == kEnd) break;
    if (last_seen) reject("a line that is not the last is short");
    if (line.empty() || line.size() > kColumns) reject("a line is empty or too long");
    const auto bytes = decode_public_base64(as_bytes(line), Padding::required);
    if (!bytes) reject("a line is not canonical base64");
    last_seen = bytes->size() < kLineBytes;
    out.insert(out.end(), bytes->begin(), bytes->end());
  }
  if (!is_blank(rest) || rest.size() >= kBlankLimit) reject("there is something after the last line");
  return out;
}

std::string armor(Bytes binary) {
  std::string out = std::string(kBegin) + '\n';
  for (std::size_t at = 0; at < binary.size(); at += kLineBytes) {
    out +=
        encode_base64(binary.subspan(at, std::min(kLineBytes, binary.size() - at)), Padding::required) + '\n';
  }
  return out + std::string(kEnd) + '\n';
}

}  // namespace hwcsync::secrets
