#pragma once

#include "secrets/identity/identity.hpp"

#include <string>
#include <vector>

namespace hwcsync::secrets {

// The identities of one file: AGE-SECRET-KEY-1..., AGE-SECRET-KEY-PQ-1... and AGE-PLUGIN-... lines with
// comments, or one SSH private key (an Ed25519 key gives two). `name` is the file's name for messages. Throws
// SecretError naming file and line, never their text.
[[nodiscard]] std::vector<Identity> parse_identities(Bytes content, const std::string& name);

// Reads the file into the arena and parses it. Throws SystemError too.
[[nodiscard]] std::vector<Identity> load_identities(const std::string& path);

// The whole file in the arena, at most `limit` bytes. Throws SystemError.
[[nodiscard]] SecureBuffer read_secret_file(const std::string& path, std::size_t limit);

}  // namespace hwcsync::secrets
