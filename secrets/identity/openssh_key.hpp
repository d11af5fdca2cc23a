#pragma once

#include "secrets/identity/identity.hpp"

#include <string>
#include <vector>

namespace hwcsync::secrets {

// Whether the text begins like an OpenSSH or PEM private key.
[[nodiscard]] bool looks_like_pem(Bytes text);

// An unencrypted private key in OpenSSH's format (PROTOCOL.key), or in PEM as PKCS#8 or PKCS#1. Ed25519: the
// SSH identity and the X25519 identity derived from it, in this order; RSA: the SSH identity. Throws
// SecretError named after `origin`: malformed, or unsupported for keys with a passphrase and for other kinds
// of keys.
[[nodiscard]] std::vector<Identity> parse_openssh_key(Bytes text, const std::string& origin);

// Both identities of an Ed25519 key.
[[nodiscard]] std::vector<Identity> ed25519_identities(Bytes seed, const std::string& origin);

}  // namespace hwcsync::secrets
