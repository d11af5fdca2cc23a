#pragma once

#include "secrets/age/header.hpp"
#include "secrets/identity/identity.hpp"

#include <optional>

namespace hwcsync::secrets {

// C2SP age.md, "The scrypt recipient type": the file key under a passphrase, alone in its header.
inline constexpr std::string_view kScryptStanza = "scrypt";

// The largest work factor that is computed: 2^20 takes 1 GiB and some two seconds.
inline constexpr int kScryptLimit = 20;

// The file key, or nullopt for a wrong passphrase. A malformed stanza or a larger work factor is a header
// failure, told before anything is computed.
[[nodiscard]] std::optional<SecureBuffer> unwrap_stanza(const Stanza& stanza,
                                                        const PassphraseIdentity& identity);

// With the work factor of the age program, 2^18, unless a test asks for less.
[[nodiscard]] Stanza make_scrypt_stanza(Bytes passphrase, Bytes file_key, int work_factor);

}  // namespace hwcsync::secrets
