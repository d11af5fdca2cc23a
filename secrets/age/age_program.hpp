#pragma once

#include "secrets/identity/identity.hpp"

#include <span>
#include <string>

namespace hwcsync::secrets {

// The installed program `age` for what is not built in: post-quantum keys (age 1.3 or newer) and plugins
// (age 1.1 or newer, with age-plugin-NAME on PATH). Identity and plaintext pass through pipes only: never
// argv, environment, disk.

// Decrypts with this identity. Throws SecretError: unsupported with what is missing, no_match, or
// payload_failure with what the program said.
[[nodiscard]] SecureBuffer decrypt_by_program(Bytes file, const ProgramIdentity& identity);

// Throws SecretError (unsupported).
[[nodiscard]] std::string encrypt_by_program(Bytes plaintext, std::span<const Recipient> recipients,
                                             bool armored);

}  // namespace hwcsync::secrets
