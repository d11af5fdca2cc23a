#include "secrets/sops/value.hpp"

#include "secrets/arena/base64.hpp"
#include "secrets/arena/secret_error.hpp"
#include "secrets/sops/scalar.hpp"

#include <utility>

namespace hwcsync::secrets {
namespace {

constexpr std::string_view kSubject = "a sops file";

// Takes "name:VALUE" up to `end` off the front; nullopt when it is not there or empty.
std::optional<std::string_view> take_field(std::string_view& rest, std::string_view name, char end) {
  if (!rest.starts_with(name)) return std::nullopt;
  const auto stop = rest.find(end, name.size());
  if (stop == std::string_view::npos || stop == name.size()) return std::nullopt;
  const std::string_view value = rest.substr(name.size(), stop - name.size());
  rest.remove_prefix(stop + 1);
  return value;
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

SopsNode decrypt_value(AesGcm& cipher, std::string_view text, std::string_view aad, std::string_view key) {
  if (text.empty()) return SopsNode::scalar(text);
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
  if (value->type == kCommentType) return SopsNode::comment(std::move(*plaintext));
  const auto type = parse_scalar_type(value->type);
  auto canonical = type ? canonical_scalar(std::move(*plaintext), *type) : std::nullopt;
  if (!canonical) {
    throw_undecryptable(SecretFailure::malformed, kSubject,
                        name + " is not of its type '" + value->type + "'");
  }
  return SopsNode::scalar(std::move(*canonical), *type);
}

std::string encrypt_value(AesGcm& cipher, Bytes plaintext, std::string_view aad, std::string_view type) {
  if (plaintext.empty()) return {};
  const AesGcm::Sealed sealed = cipher.seal(plaintext, aad);
  return "ENC[AES256_GCM,data:" + encode_base64(sealed.ciphertext, Padding::required) +
         ",iv:" + encode_base64(sealed.nonce, Padding::required) +
         ",tag:" + encode_base64(sealed.tag, Padding::required) + ",type:" + std::string(type) + "]";
}

}  // namespace hwcsync::secrets
