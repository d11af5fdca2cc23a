#pragma once

#include "secrets/age/header.hpp"
#include "secrets/identity/identity.hpp"

#include <optional>

namespace hwcsync::secrets {

// C2SP age.md, "The X25519 recipient type".
inline constexpr std::string_view kX25519Stanza = "X25519";

// The file key, or nullopt when the stanza is for another key. One scalar multiplication. A stanza of this
// type that is not well formed is a header failure.
[[nodiscard]] std::optional<SecureBuffer> unwrap_stanza(const Stanza& stanza, const X25519Identity& identity);

[[nodiscard]] Stanza make_stanza(const X25519Recipient& recipient, Bytes file_key);

}  // namespace hwcsync::secrets
