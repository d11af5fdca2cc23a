#pragma once

#include "secrets/age/header.hpp"
#include "secrets/identity/identity.hpp"

#include <optional>

namespace hwcsync::secrets {

// The stanza of age's agessh package: RSA-OAEP with SHA-256 and a label gives the file key itself.
inline constexpr std::string_view kSshRsaStanza = "ssh-rsa";

// The file key, or nullopt when the tag names another key. A malformed stanza, or a body that does not open
// although the tag is ours, is a header failure.
[[nodiscard]] std::optional<SecureBuffer> unwrap_stanza(const Stanza& stanza, const SshRsaIdentity& identity);

[[nodiscard]] Stanza make_stanza(const SshRsaRecipient& recipient, Bytes file_key);

}  // namespace hwcsync::secrets
