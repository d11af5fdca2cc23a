#pragma once

#include "secrets/identity/identity.hpp"

#include <string>
#include <vector>

namespace hwcsync::secrets {

// Whether the text begins like an OpenSSH or PEM private key.
[[nodiscard]] bool looks_like_pem(Bytes text);

// An unencrypted OpenSSH Ed25519 private key (PROTOCOL.key of OpenSSH): the SSH identity and the X25519
// identity derived from it, in this order. Throws SecretError named after `origin`: malformed, or unsupported
// for keys with a passphrase and for other kinds of keys.
[[nodiscard]] std::vector<Identity> parse_openssh_key(Bytes text, const std::string& origin);

}  // namespace hwcsync::secrets
