#pragma once

#include "secrets/identity/identity.hpp"

#include <string>
#include <vector>

namespace hwcsync::secrets {

// OpenSSL's part of reading keys. It keeps numbers in its own heap while a function here runs, and wipes
// them.

// The numbers of an RSA key as SSH writes them (big-endian, perhaps a zero in front).
struct RsaNumbers {
  Bytes n, e, d, iqmp, p, q;
};
[[nodiscard]] SecureBuffer rsa_to_der(const RsaNumbers& numbers);

// An unencrypted PEM key: PKCS#8 (Ed25519, RSA) or PKCS#1. Throws SecretError.
[[nodiscard]] std::vector<Identity> parse_pem_key(Bytes text, const std::string& origin);

}  // namespace hwcsync::secrets
