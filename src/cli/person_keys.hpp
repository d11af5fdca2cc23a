#pragma once

#include "secrets/identity/identity.hpp"
#include "src/cli/key_programs.hpp"
#include "src/settings/settings.hpp"

#include <string>
#include <vector>

namespace hwcsync::cli {

// The identities of whoever types, and why some that might have served do not.
struct PersonKeys {
  std::vector<secrets::Identity> identities;
  std::vector<std::string> unused;  // "/home/eric/.ssh/id_ed25519: unsupported: ..."
};

// With `files` (-i; "-" is standard input) exactly those, and what is wrong with one is an error. Else what
// sops looks for: SOPS_AGE_SSH_PRIVATE_KEY_FILE, ~/.ssh/id_ed25519, ~/.ssh/id_rsa, SOPS_AGE_KEY,
// SOPS_AGE_KEY_FILE, sops/age/keys.txt below XDG_CONFIG_HOME or ~/.config; this machine's configured
// identities where they can be read; and, for those of `wanted` that none of these opens, what programs print
// (KeyPrograms): they may ask a person or a token, so a dry run wants nothing. One that cannot be used does
// not stop the search. SOPS_AGE_KEY is taken out of the environment. For the command line only: a service
// uses what it is configured with.
[[nodiscard]] PersonKeys find_person_keys(const std::vector<std::string>& files,
                                          const settings::Settings& settings, const RecipientGroups& wanted);

// UsageError with the places that were looked at, unless there is an identity.
void require_identity(const PersonKeys& keys, const std::string& purpose);

// For the end of a message: "; not used: ..." or nothing.
[[nodiscard]] std::string unused_keys(const PersonKeys& keys);

// "-" to what can be opened.
[[nodiscard]] std::string or_stdin(const std::string& path);

}  // namespace hwcsync::cli
