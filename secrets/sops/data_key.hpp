#pragma once

#include "secrets/identity/identity.hpp"
#include "secrets/sops/metadata.hpp"

#include <span>

namespace hwcsync::secrets {

// The 32-byte key of a sops file, from the entry whose recipient one of the identities is: the list is in
// clear, so exactly one scalar multiplication is made (three for ssh-ed25519). Throws SecretError: no_match
// with the names of both sides, or the failure of that entry.
[[nodiscard]] SecureBuffer unwrap_data_key(const Metadata& metadata, std::span<const Identity> identities);

// The entry of one recipient.
[[nodiscard]] AgeRecipientEntry wrap_data_key(Bytes key, const Recipient& recipient);

// A new data key, and the metadata's entries that wrap it for the recipients (at least one).
struct NewDataKey {
  SecureBuffer key;
  std::vector<AgeRecipientEntry> entries;
};
[[nodiscard]] NewDataKey make_data_key(std::span<const Recipient> recipients);

}  // namespace hwcsync::secrets
