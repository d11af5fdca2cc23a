#pragma once

#include "secrets/arena/secure_buffer.hpp"

#include <array>
#include <string_view>

namespace hwcsync::secrets {

// HKDF with SHA-256 (RFC 5869), 32 bytes of output. libsodium has it only from 1.0.19 on.
[[nodiscard]] SecureBuffer hkdf_sha256(Bytes key_material, Bytes salt, std::string_view info);

// HMAC-SHA-256 of public data.
[[nodiscard]] std::array<std::uint8_t, 32> hmac_sha256(Bytes key, Bytes data);

}  // namespace hwcsync::secrets
