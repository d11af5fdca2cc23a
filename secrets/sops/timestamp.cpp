#include "secrets/sops/timestamp.hpp"

#include "src/base/error.hpp"

#include <array>
#include <cstddef>
#include <ctime>

namespace hwcsync::secrets {
namespace {

constexpr std::string_view kPattern = "dddd-dd-ddTdd:dd:dd";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool fits(std::string_view text, std::string_view pattern) {
  if (text.size() != pattern.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (pattern[i] == 'd' ? !is_digit(text[i]) : text[i] != pattern[i]) return false;
  }
  return true;
}

struct Parts {
  std::string_view seconds;   // up to the seconds
  std::string_view fraction;  // digits only, without zeros at the end
  std::string_view offset;    // "Z" or "+hh:mm"
};

int two_digits(std::string_view text, std::size_t at) {
  return (text[at] - '0') * 10 + (text[at + 1] - '0');
}

bool in_range(std::string_view seconds) {
  const int month = two_digits(seconds, 5);
  const int day = two_digits(seconds, 8);
  return month >= 1 && month <= 12 && day >= 1 && day <= 31 && two_digits(seconds, 11) <= 23 &&
         two_digits(seconds, 14) <= 59 && two_digits(seconds, 17) <= 59;
}

std::optional<Parts> parse(std::string_view text) {
  Parts out;
  out.seconds = text.substr(0, kPattern.size());
  if (!fits(out.seconds, kPattern) || !in_range(out.seconds)) return std::nullopt;
  text.remove_prefix(kPattern.size());
  if (text.starts_with('.')) {
    std::size_t end = 1;
    while (end < text.size() && is_digit(text[end])) ++end;
    if (end == 1) return std::nullopt;
    out.fraction = text.substr(1, end - 1);
    while (out.fraction.ends_with('0')) out.fraction.remove_suffix(1);
    text.remove_prefix(end);
  }
  if (text != "Z" && !fits(text, "+dd:dd") && !fits(text, "-dd:dd")) return std::nullopt;
  out.offset = text.size() == 6 && text.substr(1) == "00:00" ? std::string_view("Z") : text;
  return out;
}

}  // namespace

std::optional<SecureBuffer> canonical_time(std::string_view text) {
  const auto parts = parse(text);
  if (!parts) return std::nullopt;
  SecureBuffer out{as_bytes(parts->seconds)};
  if (!parts->fraction.empty()) {
    out.append('.');
    out.append(as_bytes(parts->fraction));
  }
  out.append(as_bytes(parts->offset));
  return out;
}

std::optional<SecureBuffer> canonical_yaml_time(std::string_view text) {
  SecureBuffer normal;
  // One field of one or two digits, padded, and the character that ends it.
  const auto take = [&](std::size_t digits, std::string_view after) {
    std::size_t size = 0;
    while (size < text.size() && size < digits && is_digit(text[size])) ++size;
    if (size == 0 || (digits == 4 && size != 4)) return false;
    if (size == 1) normal.append('0');
    normal.append(as_bytes(text.substr(0, size)));
    text.remove_prefix(size);
    if (after.empty()) return true;
    if (text.empty() || after.find(text.front()) == std::string_view::npos) return false;
    normal.append(static_cast<std::uint8_t>(after.front()));
    text.remove_prefix(1);
    return true;
  };
  if (!take(4, "-") || !take(2, "-") || !take(2, {})) return std::nullopt;
  if (text.empty()) {
    normal.append(as_bytes("T00:00:00Z"));
  } else {
    const char mark = text.front();
    if (mark != 'T' && mark != 't' && mark != ' ') return std::nullopt;
    normal.append('T');
    text.remove_prefix(1);
    if (!take(2, ":") || !take(2, ":") || !take(2, {})) return std::nullopt;
    // The form with a blank has no zone, the one with a T needs one.
    const bool zoned = text.ends_with('Z') || (text.size() >= 6 && text[text.size() - 3] == ':');
    if (zoned == (mark == ' ')) return std::nullopt;
    normal.append(as_bytes(text));
    if (!zoned) normal.append('Z');
  }
  return canonical_time({reinterpret_cast<const char*>(normal.data()), normal.size()});
}

std::optional<std::string> canonical_last_modified(std::string_view text) {
  const auto parts = parse(text);
  if (!parts) return std::nullopt;
  return std::string(parts->seconds) + std::string(parts->offset);
}

std::string format_last_modified(std::chrono::system_clock::time_point time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm fields{};
  std::array<char, 32> text{};
  if (::gmtime_r(&seconds, &fields) == nullptr ||
      std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &fields) == 0) {
    throw Error("cannot write", "a time", "it is out of range");
  }
  return text.data();
}

}  // namespace hwcsync::secrets
