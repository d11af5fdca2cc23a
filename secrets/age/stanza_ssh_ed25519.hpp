#pragma once

#include "secrets/age/header.hpp"
#include "secrets/identity/identity.hpp"

#include <optional>

namespace hwcsync::secrets {

// The stanza of age's agessh package: X25519 with an SSH key that was moved to the Montgomery curve, tweaked
// by the hash of the key so that the same key as an age1... recipient cannot stand in for it.
inline constexpr std::string_view kSshEd25519Stanza = "ssh-ed25519";

// The file key, or nullopt when the four-byte tag names another key; only then no scalar multiplication is
// made. A malformed stanza, or a body that does not open although the tag is ours, is a header failure.
[[nodiscard]] std::optional<SecureBuffer> unwrap_stanza(const Stanza& stanza,
                                                        const SshEd25519Identity& identity);

[[nodiscard]] Stanza make_stanza(const SshEd25519Recipient& recipient, Bytes file_key);

}  // namespace hwcsync::secrets
