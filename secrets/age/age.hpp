#pragma once

#include "secrets/arena/secret_error.hpp"
#include "secrets/identity/identity.hpp"

#include <span>
#include <string>

namespace hwcsync::secrets {

// Decrypts an age v1 file, binary or armored, with the first identity that opens one of its stanzas (X25519
// and ssh-ed25519; stanzas of other types are passed over). SSH stanzas are tried first: their tag tells at
// no cost whether they are ours; each X25519 stanza tried costs one scalar multiplication. Throws SecretError
// of the classes header, HMAC, armor and payload failure, no_match, and unsupported when every stanza is of a
// kind that this version does not read (scrypt, ssh-rsa, post-quantum, hardware). Any thread.
[[nodiscard]] SecureBuffer decrypt_age(Bytes file, std::span<const Identity> identities);

enum class AgeEncoding { binary, armored };

// Encrypts to at least one recipient. Throws SecretError.
[[nodiscard]] std::string encrypt_age(Bytes plaintext, std::span<const Recipient> recipients,
                                      AgeEncoding encoding);

}  // namespace hwcsync::secrets
