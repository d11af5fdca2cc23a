#pragma once

#include "secrets/identity/identity.hpp"
#include "secrets/sops/metadata.hpp"
#include "secrets/sops/node.hpp"

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hwcsync::secrets {

// How sops lays a file out.
enum class SopsStore { yaml, json, dotenv, ini, binary };

// Which store wrote an encrypted file, judged by its bytes; nullopt when it has no sops metadata.
[[nodiscard]] std::optional<SopsStore> detect_sops_store(std::string_view file);

// A file as its store reads it, still encrypted.
struct EncryptedFile {
  std::vector<SopsNode> documents;  // without the metadata
  Metadata metadata;
};
// Throws SecretError: malformed, or not_encrypted when there is no metadata.
[[nodiscard]] EncryptedFile read_sops(SopsStore store, std::string_view file);

// Decrypts and verifies; nothing is given out before the MAC has been. A dotenv file is one map, an INI file
// a map of maps, a binary file a map with the key "data". Throws SecretError. Any thread.
[[nodiscard]] std::vector<SopsNode> decrypt_sops(SopsStore store, std::string_view file,
                                                 std::span<const Identity> identities);

// A key for which decrypt_sops() refuses the file because it stands twice in one mapping; also of a file that
// is still encrypted.
[[nodiscard]] std::optional<std::string> find_twin(SopsStore store, const std::vector<SopsNode>& documents);

// The inverse of read_sops().
[[nodiscard]] std::string print_sops(SopsStore store, EncryptedFile file);

// Reads a plaintext file into what encrypt_sops() takes.
[[nodiscard]] std::vector<SopsNode> read_plain(SopsStore store, Bytes text);

// Encrypts with a new data key by sops' default rule: keys that end in "_unencrypted" stay in clear. Throws
// SecretError: malformed for keys that the store cannot carry.
[[nodiscard]] std::string encrypt_sops(SopsStore store, std::vector<SopsNode> documents,
                                       std::span<const Recipient> recipients,
                                       std::chrono::system_clock::time_point now);
// By other rules.
[[nodiscard]] std::string encrypt_sops(SopsStore store, std::vector<SopsNode> documents,
                                       std::span<const Recipient> recipients, Metadata metadata);

// The plaintext file as `sops decrypt` lays it out; of a binary file its content.
[[nodiscard]] SecureBuffer print_plain(SopsStore store, const std::vector<SopsNode>& documents);

// What find_path() takes, in the order of the file, without any key.
[[nodiscard]] std::vector<std::string> list_sops_paths(SopsStore store, std::string_view file);

// What is authenticated in the file, hashed without any key: the same after `sops updatekeys` for other
// recipients, another after any change of a value.
[[nodiscard]] std::string fingerprint_sops(SopsStore store, std::string_view file);

}  // namespace hwcsync::secrets
