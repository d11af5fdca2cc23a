#pragma once

#include "secrets/arena/secure_buffer.hpp"

#include <optional>
#include <string_view>

namespace hwcsync::secrets {

// Bech32 (BIP 173, constant 1, without the length limit), the text form of age keys. The prefix is the
// human-readable part in lower case; text in mixed case, a wrong checksum or leftover bits give nullopt.
[[nodiscard]] std::optional<SecureBuffer> decode_bech32(std::string_view prefix, Bytes text);

enum class LetterCase { lower, upper };

// In the arena, because it may be an identity.
[[nodiscard]] SecureBuffer encode_bech32(std::string_view prefix, Bytes data, LetterCase letters);

}  // namespace hwcsync::secrets
