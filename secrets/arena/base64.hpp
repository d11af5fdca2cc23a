#pragma once

#include "secrets/arena/secure_buffer.hpp"

#include <optional>
#include <string>
#include <vector>

namespace hwcsync::secrets {

enum class Padding { required, none };

// RFC 4648, standard alphabet, strict: no other characters, canonical trailing bits. nullopt for anything
// else. The text may itself be secret (a private key), so it is bytes and the result lies in the arena.
[[nodiscard]] std::optional<SecureBuffer> decode_base64(Bytes text, Padding padding);

// The same for what is public (ciphertext, headers).
[[nodiscard]] std::optional<std::vector<std::uint8_t>> decode_public_base64(Bytes text, Padding padding);

// For public bytes only.
[[nodiscard]] std::string encode_base64(Bytes bytes, Padding padding);

}  // namespace hwcsync::secrets
