#include "secrets/sops/value.hpp"

#include "secrets/arena/base64.hpp"
#include "secrets/arena/secret_error.hpp"
#include "secrets/sops/timestamp.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <utility>

namespace hwcsync::secrets {
namespace {

constexpr std::string_view kSubject = "a sops file";

std::string_view as_text(const SecureBuffer& buffer) {
  return {reinterpret_cast<const char*>(buffer.data()), buffer.size()};
}

// Takes "name:VALUE" up to `end` off the front; nullopt when it is not there or empty.
std::optional<std::string_view> take_field(std::string_view& rest, std::string_view name, char end) {
  if (!rest.starts_with(name)) return std::nullopt;
  const auto stop = rest.find(end, name.size());
  if (stop == std::string_view::npos || stop == name.size()) return std::nullopt;
  const std::string_view value = rest.substr(name.size(), stop - name.size());
  rest.remove_prefix(stop + 1);
  return value;
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

}  // namespace

std::optional<EncryptedValue> parse_encrypted_value(std::string_view text) {
  constexpr std::string_view kPrefix = "ENC[AES256_GCM,";
  if (!text.starts_with(kPrefix)) return std::nullopt;
  text.remove_prefix(kPrefix.size());
  const auto data = take_field(text, "data:", ',');
  const auto nonce = take_field(text, "iv:", ',');
  const auto tag = take_field(text, "tag:", ',');
  const auto type = take_field(text, "type:", ']');
  if (!data || !nonce || !tag || !type || !text.empty()) return std::nullopt;
  auto data_bytes = decode_public_base64(as_bytes(*data), Padding::required);
  auto nonce_bytes = decode_public_base64(as_bytes(*nonce), Padding::required);
  auto tag_bytes = decode_public_base64(as_bytes(*tag), Padding::required);
  if (!data_bytes || !nonce_bytes || !tag_bytes) return std::nullopt;
  return EncryptedValue{std::move(*data_bytes), std::move(*nonce_bytes), std::move(*tag_bytes),
                        std::string(*type)};
}

SecureBuffer decrypt_value(AesGcm& cipher, std::string_view text, std::string_view aad,
                           std::string_view key) {
  if (text.empty()) return {};
  const std::string name = "the value of '" + std::string(key) + "'";
  const auto value = parse_encrypted_value(text);
  if (!value) {
    if (text.starts_with("ENC[")) {
      throw_undecryptable(SecretFailure::malformed, kSubject, name + " is not a well-formed ENC[...]");
    }
    throw_undecryptable(SecretFailure::not_encrypted, kSubject,
                        name + " is in clear, although the rules of the file say that it is encrypted");
  }
  auto plaintext = cipher.open(value->nonce, value->data, value->tag, aad);
  if (!plaintext) {
    throw_undecryptable(SecretFailure::payload_failure, kSubject,
                        name + " was changed, or moved from another key or file");
  }
  auto canonical = canonical_value(std::move(*plaintext), value->type);
  if (!canonical) {
    throw_undecryptable(SecretFailure::malformed, kSubject,
                        name + " is not of its type '" + value->type + "'");
  }
  return std::move(*canonical);
}

std::string encrypt_value(AesGcm& cipher, Bytes plaintext, std::string_view aad) {
  if (plaintext.empty()) return {};
  const AesGcm::Sealed sealed = cipher.seal(plaintext, aad);
  return "ENC[AES256_GCM,data:" + encode_base64(sealed.ciphertext, Padding::required) +
         ",iv:" + encode_base64(sealed.nonce, Padding::required) +
         ",tag:" + encode_base64(sealed.tag, Padding::required) + ",type:str]";
}

std::optional<SecureBuffer> canonical_value(SecureBuffer plaintext, std::string_view type) {
  if (type == "str" || type == "bytes" || type == "comment") return plaintext;
  const std::string_view text = as_text(plaintext);
  if (type == "int") return canonical_int(text);
  if (type == "float") return canonical_float(text);
  if (type == "bool") return canonical_bool(text);
  if (type == "time") return canonical_time(text);
  return std::nullopt;
}

}  // namespace hwcsync::secrets
