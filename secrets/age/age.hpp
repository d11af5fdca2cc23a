#pragma once

#include "secrets/arena/secret_error.hpp"
#include "secrets/identity/identity.hpp"

#include <span>
#include <string>

namespace hwcsync::secrets {

// Decrypts an age v1 file, binary or armored, with the first identity that opens one of its stanzas; stanzas
// of unknown types are passed over. SSH stanzas are tried first: their tag tells at no cost whether they are
// ours; each X25519 stanza tried costs one scalar multiplication. Post-quantum and plugin identities go
// through the program `age`, last. Throws SecretError of the classes header, HMAC, armor and payload failure,
// no_match, and unsupported when every stanza is of a kind that only the program reads, or that program is
// missing. Any thread.
[[nodiscard]] SecureBuffer decrypt_age(Bytes file, std::span<const Identity> identities);

enum class AgeEncoding { binary, armored };

// Encrypts to at least one recipient. Throws SecretError.
[[nodiscard]] std::string encrypt_age(Bytes plaintext, std::span<const Recipient> recipients,
                                      AgeEncoding encoding);

// Encrypts under a passphrase; the work factor is a power of two, 18 as the age program has it.
[[nodiscard]] std::string encrypt_age(Bytes plaintext, const PassphraseIdentity& passphrase,
                                      AgeEncoding encoding, int work_factor);

// Whether an age file was made with a passphrase. Throws SecretError.
[[nodiscard]] bool needs_passphrase(Bytes file);

}  // namespace hwcsync::secrets
