#pragma once

#include "secrets/identity/recipient.hpp"

#include <span>
#include <string>
#include <variant>
#include <vector>

namespace hwcsync::secrets {

// AGE-SECRET-KEY-1..., or derived from an SSH key (then age1... is what `ssh-to-age` prints for that key).
struct X25519Identity {
  SecureBuffer scalar;  // 32 bytes
  X25519Recipient recipient;
};

// An OpenSSH Ed25519 key, in the form that age's ssh-ed25519 stanza needs.
struct SshEd25519Identity {
  SecureBuffer scalar;  // SHA-512(seed), first 32 bytes
  SshEd25519Recipient recipient;
  Key32 montgomery{};  // the recipient on the Montgomery curve
};

// An SSH RSA key.
struct SshRsaIdentity {
  SecureBuffer der;  // PKCS#1
  SshRsaRecipient recipient;
};

// AGE-SECRET-KEY-PQ-1... or AGE-PLUGIN-NAME-1...: the program `age` uses it, and only it knows the recipient.
struct ProgramIdentity {
  SecureBuffer text;
  std::string name;  // "pq", or the plugin's
};

// What a person types; opens age files that were made with it. Never read from a file of identities.
struct PassphraseIdentity {
  SecureBuffer passphrase;
};

// A private key that can decrypt. Move-only; the private part lies in the arena.
struct Identity {
  std::string origin;  // file and line it came from, for messages
  std::variant<X25519Identity, SshEd25519Identity, SshRsaIdentity, ProgramIdentity, PassphraseIdentity> key;

  // Throws Error for the kinds that have none that is known.
  [[nodiscard]] Recipient recipient() const;
  // Whether a recipient of a file ("age1...", "ssh-rsa AAAA... comment") is, or may be, this one.
  [[nodiscard]] bool fits(std::string_view recipient_text) const;
};

// Both throw SecretError when the bytes are not a key. `secret` and `seed` have 32 bytes.
[[nodiscard]] Identity x25519_identity(SecureBuffer secret, std::string origin);
[[nodiscard]] Identity ssh_ed25519_identity(Bytes seed, std::string origin);

// An RSA key in DER (PKCS#1).
[[nodiscard]] Identity ssh_rsa_identity(SecureBuffer der, std::string origin);

// A new X25519 identity from the system's random numbers.
[[nodiscard]] Identity generate_identity();

// AGE-SECRET-KEY-1..., in the arena. Only for an X25519 identity.
[[nodiscard]] SecureBuffer identity_text(const X25519Identity& identity);

// "2 identities (age1..., ssh-ed25519 ...abc)" for messages.
[[nodiscard]] std::string describe(std::span<const Identity> identities);

}  // namespace hwcsync::secrets
