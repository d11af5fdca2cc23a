#pragma once

#include "secrets/identity/identity.hpp"

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hwcsync::secrets {

// One variable; the value is exactly what sops holds, without any reading of quotes.
struct DotenvEntry {
  std::string key;
  SecureBuffer value;
};

struct DotenvComment {
  std::size_t before = 0;  // the index of the entry that follows it
  SecureBuffer text;       // without '#'
};

struct DotenvDocument {
  std::vector<DotenvEntry> entries;  // in the order of the file; a key may stand twice, the last one counts
  std::vector<DotenvComment> comments;
};

// Decrypts and verifies a sops dotenv file: every value, then the MAC; nothing is given out before.
// Throws SecretError. Any thread.
[[nodiscard]] DotenvDocument decrypt_sops_dotenv(std::string_view file, std::span<const Identity> identities);

// Encrypts with a new data key. Keys that end in "_unencrypted" stay in clear, as sops' default rule has it.
// Throws SecretError for keys that the format cannot carry.
[[nodiscard]] std::string encrypt_sops_dotenv(const std::vector<DotenvEntry>& entries,
                                              std::span<const Recipient> recipients,
                                              std::chrono::system_clock::time_point now);

// The names of the variables, in the order of the file, without any key. Throws SecretError.
[[nodiscard]] std::vector<std::string> list_sops_dotenv_keys(std::string_view file);

// What is authenticated in the file (value lines in their order, MAC, time, rules), hashed without any key:
// the same after `sops updatekeys` for other recipients, another after any change of a value. Throws
// SecretError.
[[nodiscard]] std::string fingerprint_sops_dotenv(std::string_view file);

// The plaintext file as `sops decrypt` prints it, with "\n" for newlines.
[[nodiscard]] SecureBuffer print_dotenv(const DotenvDocument& document);

}  // namespace hwcsync::secrets
