#pragma once

#include "secrets/arena/secure_buffer.hpp"

#include <array>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace hwcsync::secrets {

using Key32 = std::array<std::uint8_t, 32>;

// age1...: an X25519 public key.
struct X25519Recipient {
  Key32 key{};
  bool operator==(const X25519Recipient&) const = default;
};

// ssh-ed25519 AAAA...: an SSH public key as age uses it (not the X25519 key that can be derived from it).
struct SshEd25519Recipient {
  Key32 key{};
  bool operator==(const SshEd25519Recipient&) const = default;
};

// ssh-rsa AAAA...: an SSH public key of at least 2048 bits.
struct SshRsaRecipient {
  std::string wire;  // the key as SSH writes it: "ssh-rsa", exponent, modulus
  bool operator==(const SshRsaRecipient&) const = default;
};

// age1pq1... (post-quantum) or age1NAME1... (a plugin's): the program `age` encrypts to it.
struct ProgramRecipient {
  std::string text;
  bool operator==(const ProgramRecipient&) const = default;
};

// Whom a file is encrypted to. Public. A further kind gets a struct here and a stanza file in secrets/age.
using Recipient = std::variant<X25519Recipient, SshEd25519Recipient, SshRsaRecipient, ProgramRecipient>;

// "age1...", "ssh-ed25519 AAAA... [comment]" or "ssh-rsa AAAA... [comment]". Throws SecretError: malformed,
// or unsupported for other kinds of SSH keys.
[[nodiscard]] Recipient parse_recipient(std::string_view text);

// The X25519 recipient of the same key: what `ssh-to-age` prints.
[[nodiscard]] X25519Recipient derived_recipient(const SshEd25519Recipient& recipient);

// The text form, without a comment.
[[nodiscard]] std::string to_text(const Recipient& recipient);

// What a person recognises in a message: the whole age1... key, or an SSH key in short.
[[nodiscard]] std::string to_short_text(const Recipient& recipient);

}  // namespace hwcsync::secrets
