#pragma once

#include "secrets/age/header.hpp"
#include "secrets/identity/identity.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hwcsync::secrets {

// A body that wraps a file key: 16 bytes and a tag.
inline constexpr std::size_t kFileKeySize = 16;
inline constexpr std::size_t kWrappedKeySize = 32;

// ChaCha20-Poly1305 with a zero nonce (the wrap key is used once). nullopt: the body is for somebody else.
[[nodiscard]] std::optional<SecureBuffer> unwrap_file_key(Bytes wrap_key, Bytes body);
[[nodiscard]] std::vector<std::uint8_t> wrap_file_key(Bytes wrap_key, Bytes file_key);

// X25519(secret, public key); the all-zero result of a low-order point is a header failure.
[[nodiscard]] SecureBuffer shared_secret(Bytes secret, Bytes public_key);

// The key pair that one stanza is made with.
struct EphemeralKey {
  SecureBuffer secret;
  Key32 share{};
};
[[nodiscard]] EphemeralKey make_ephemeral_key();

// HKDF of the shared secret with both public keys as salt, as the X25519 and ssh-ed25519 stanzas have it.
[[nodiscard]] SecureBuffer derive_wrap_key(Bytes shared, Bytes share, Bytes public_key,
                                           std::string_view label);

// The four bytes, in base64, by which an SSH stanza names its key.
[[nodiscard]] std::string ssh_tag(std::string_view wire);

}  // namespace hwcsync::secrets
