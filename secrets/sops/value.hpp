#pragma once

#include "secrets/sops/aes_gcm.hpp"
#include "secrets/sops/node.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hwcsync::secrets {

// ENC[AES256_GCM,data:...,iv:...,tag:...,type:...] (sops aes/cipher.go). Stricter than sops: canonical base64
// and nothing after the bracket, which no sops has ever written.
struct EncryptedValue {
  std::vector<std::uint8_t> data;
  std::vector<std::uint8_t> nonce;
  std::vector<std::uint8_t> tag;
  std::string type;  // str, int, float, bool, bytes, time, comment
};

// nullopt when the text does not have that form.
[[nodiscard]] std::optional<EncryptedValue> parse_encrypted_value(std::string_view text);

inline constexpr std::string_view kCommentType = "comment";

// The value with its type, in the spelling that counts in the MAC. The empty text stands for the empty value.
// Throws SecretError naming `key` (its path): payload_failure when the tag does not fit, not_encrypted,
// malformed. AAD is the path with a colon at its end.
[[nodiscard]] SopsNode decrypt_value(AesGcm& cipher, std::string_view text, std::string_view aad,
                                     std::string_view key);

// The inverse; `type` as sops names it.
[[nodiscard]] std::string encrypt_value(AesGcm& cipher, Bytes plaintext, std::string_view aad,
                                        std::string_view type);

}  // namespace hwcsync::secrets
