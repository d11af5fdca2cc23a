#include "secrets/sops/scalar.hpp"

#include "secrets/sops/timestamp.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <utility>

namespace hwcsync::secrets {
namespace {

std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Go's strconv.Atoi: an optional sign and decimal digits.
std::optional<SecureBuffer> canonical_int(std::string_view text) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return std::nullopt;
  }
  Wiped<std::int64_t> number;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number.value);
  if (code != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  Wiped<std::array<char, 24>> digits;
  const auto written =
      std::to_chars(digits.value.data(), digits.value.data() + digits.value.size(), number.value);
  return SecureBuffer(
      as_bytes({digits.value.data(), static_cast<std::size_t>(written.ptr - digits.value.data())}));
}

// Go's FormatFloat(f, 'f', -1): the shortest digits that read back as the same number, without an exponent.
// to_chars(fixed) prints the exact value instead, so the digits come from its scientific form.
SecureBuffer spell_float(double number) {
  Wiped<std::array<char, 64>> text;
  const auto written = std::to_chars(text.value.data(), text.value.data() + text.value.size(), number,
                                     std::chars_format::scientific);
  std::string_view rest(text.value.data(), static_cast<std::size_t>(written.ptr - text.value.data()));
  SecureBuffer out;
  if (rest.front() == '-') {
    out.append('-');
    rest.remove_prefix(1);
  }
  const auto mark = rest.find('e');
  std::string_view exponent_text = rest.substr(mark + 1);
  if (exponent_text.front() == '+') exponent_text.remove_prefix(1);
  int exponent = 0;
  std::from_chars(exponent_text.data(), exponent_text.data() + exponent_text.size(), exponent);
  SecureBuffer digits;
  for (const char c : rest.substr(0, mark)) {
    if (c != '.') digits.append(static_cast<std::uint8_t>(c));
  }
  const int count = static_cast<int>(digits.size());
  if (exponent < 0) {
    out.append(as_bytes("0."));
    for (int i = 1; i < -exponent; ++i) out.append('0');
  }
  for (int i = 0; i < count; ++i) {
    if (exponent >= 0 && i == exponent + 1) out.append('.');
    out.append(digits.data()[i]);
  }
  for (int i = count; i <= exponent; ++i) out.append('0');
  return out;
}

std::optional<SecureBuffer> canonical_float(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  Wiped<double> number;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number.value);
  if (code != std::errc{} || end != text.data() + text.size() || !std::isfinite(number.value))
    return std::nullopt;
  return spell_float(number.value);
}

// Go's strconv.ParseBool; sops writes True and False.
std::optional<SecureBuffer> canonical_bool(std::string_view text) {
  for (const std::string_view word : {"1", "t", "T", "TRUE", "true", "True"}) {
    if (text == word) return SecureBuffer(as_bytes("True"));
  }
  for (const std::string_view word : {"0", "f", "F", "FALSE", "false", "False"}) {
    if (text == word) return SecureBuffer(as_bytes("False"));
  }
  return std::nullopt;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::size_t skip_digits(std::string_view text, std::size_t at) {
  while (at < text.size() && is_digit(text[at])) ++at;
  return at;
}

// [-+]?(.[0-9]+|[0-9]+(.[0-9]*)?)([eE][-+]?[0-9]+)?
bool is_yaml_float(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  std::size_t at = skip_digits(text, 0);
  const bool whole = at > 0;
  if (at < text.size() && text[at] == '.') {
    const std::size_t end = skip_digits(text, at + 1);
    if (!whole && end == at + 1) return false;
    at = end;
  } else if (!whole) {
    return false;
  }
  if (at == text.size()) return true;
  if (text[at] != 'e' && text[at] != 'E') return false;
  ++at;
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
  return at < text.size() && skip_digits(text, at) == text.size();
}

// Go's ParseInt with base 0: a sign, then 0x, 0o, 0b, a leading 0 for octal, or decimal.
enum class Parsed { no_number, fits, too_large };
Parsed parse_int(std::string_view text, std::int64_t& value) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  int base = 10;
  if (text.size() > 1 && text[0] == '0') {
    const char mark = static_cast<char>(text[1] | 0x20);
    base = mark == 'x' ? 16 : mark == 'b' ? 2 : 8;
    text.remove_prefix(mark == 'x' || mark == 'b' || mark == 'o' ? 2 : 1);
  }
  Wiped<std::uint64_t> number;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number.value, base);
  if (text.empty() || end != text.data() + text.size() || code == std::errc::invalid_argument)
    return Parsed::no_number;
  const std::uint64_t limit = std::uint64_t{1} << 63U;
  if (code != std::errc{} || number.value > limit || (!negative && number.value == limit))
    return Parsed::too_large;
  value = static_cast<std::int64_t>(negative ? 0 - number.value : number.value);
  return Parsed::fits;
}

SopsNode integer_node(std::int64_t value) {
  Wiped<std::array<char, 24>> digits;
  const auto written = std::to_chars(digits.value.data(), digits.value.data() + digits.value.size(), value);
  const auto size = static_cast<std::size_t>(written.ptr - digits.value.data());
  return SopsNode::scalar(SecureBuffer(as_bytes({digits.value.data(), size})), ScalarType::integer);
}

std::optional<SopsNode> float_node(std::string_view text) {
  auto value = canonical_float(text);
  if (!value) return std::nullopt;
  return SopsNode::scalar(std::move(*value), ScalarType::floating);
}

SopsNode boolean_node(bool value) {
  return SopsNode::scalar(SecureBuffer(as_bytes(value ? "True" : "False")), ScalarType::boolean);
}

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  for (const std::string_view word : words) {
    if (text == word) return true;
  }
  return false;
}

}  // namespace

void append_utf8(SecureBuffer& out, std::uint32_t c) {
  const auto put = [&](std::uint32_t byte) { out.append(static_cast<std::uint8_t>(byte)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xc0U | c >> 6U);
    put(0x80U | (c & 63U));
  } else if (c < 0x10000) {
    put(0xe0U | c >> 12U);
    put(0x80U | (c >> 6U & 63U));
    put(0x80U | (c & 63U));
  } else {
    put(0xf0U | c >> 18U);
    put(0x80U | (c >> 12U & 63U));
    put(0x80U | (c >> 6U & 63U));
    put(0x80U | (c & 63U));
  }
}

std::optional<SecureBuffer> canonical_scalar(SecureBuffer plaintext, ScalarType type) {
  const std::string_view text = as_text(plaintext.bytes());
  switch (type) {
    case ScalarType::integer:
      return canonical_int(text);
    case ScalarType::floating:
      return canonical_float(text);
    case ScalarType::boolean:
      return canonical_bool(text);
    case ScalarType::time:
      return canonical_time(text);
    case ScalarType::text:
    case ScalarType::bytes:
      break;
  }
  return plaintext;
}

std::optional<SopsNode> resolve_plain(Bytes bytes) {
  const std::string_view text = as_text(bytes);
  if (is_one_of(text, {"", "~", "null", "Null", "NULL"})) return SopsNode();
  if (is_one_of(text, {"true", "True", "TRUE"})) return boolean_node(true);
  if (is_one_of(text, {"false", "False", "FALSE"})) return boolean_node(false);
  if (is_one_of(text, {".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF", ".nan",
                       ".NaN", ".NAN"})) {
    return std::nullopt;
  }
  const char first = text.front();
  const bool number_like = is_digit(first) || first == '-' || first == '+' || first == '.';
  if (!number_like) return SopsNode::scalar(SecureBuffer(bytes));
  if (auto time = canonical_yaml_time(text)) return SopsNode::scalar(std::move(*time), ScalarType::time);
  SecureBuffer bare;  // "1_000" is a number to yaml.v3
  for (const std::uint8_t c : bytes) {
    if (c != '_') bare.append(c);
  }
  const std::string_view plain = as_text(bare.bytes());
  if (first != '.') {
    Wiped<std::int64_t> value;
    const Parsed parsed = parse_int(plain, value.value);
    if (parsed == Parsed::fits) return integer_node(value.value);
    // Above int64 yaml.v3 makes an uint64, which sops refuses, or in decimal a double.
    if (parsed == Parsed::too_large && !is_yaml_float(plain)) return std::nullopt;
    if (parsed == Parsed::too_large) {
      Wiped<std::uint64_t> large;
      const auto [end, code] = std::from_chars(plain.data(), plain.data() + plain.size(), large.value);
      if (code == std::errc{} && end == plain.data() + plain.size()) return std::nullopt;
    }
  }
  if (is_yaml_float(plain)) return float_node(plain);
  return SopsNode::scalar(SecureBuffer(bytes));
}

std::optional<SopsNode> resolve_json_number(Bytes bytes) {
  const std::string_view text = as_text(bytes);
  Wiped<std::int64_t> value;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value.value);
  if (code == std::errc{} && end == text.data() + text.size()) return integer_node(value.value);
  return float_node(text);
}

SecureBuffer spell_scalar(const SopsNode& node) {
  const std::string_view text = as_text(node.value.bytes());
  if (node.type == ScalarType::boolean) return SecureBuffer(as_bytes(text == "True" ? "true" : "false"));
  if (node.type != ScalarType::floating) return node.value.clone();
  if (text == "-0") return SecureBuffer(as_bytes("-0.0"));  // "-0" would be read as the int 0
  Wiped<double> number;
  std::from_chars(text.data(), text.data() + text.size(), number.value);
  const double size = std::fabs(number.value);
  // Where Go's JSON changes to an exponent; YAML reads the same form back as the same number.
  if (size == 0 || (size >= 1e-6 && size < 1e21)) return node.value.clone();
  Wiped<std::array<char, 40>> digits;
  const auto written = std::to_chars(digits.value.data(), digits.value.data() + digits.value.size(),
                                     number.value, std::chars_format::scientific);
  return SecureBuffer(
      as_bytes({digits.value.data(), static_cast<std::size_t>(written.ptr - digits.value.data())}));
}

}  // namespace hwcsync::secrets
