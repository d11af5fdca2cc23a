#pragma once

#include "secrets/identity/identity.hpp"
#include "secrets/sops/metadata.hpp"
#include "secrets/sops/node.hpp"

#include <chrono>
#include <span>
#include <vector>

namespace hwcsync::secrets {

// Decrypts the documents of a file (without their metadata) and verifies them: every value, then the MAC over
// all of them; nothing is given out before. Throws SecretError. Any thread.
[[nodiscard]] std::vector<SopsNode> decrypt_tree(std::vector<SopsNode> documents, const Metadata& metadata,
                                                 std::span<const Identity> identities);

// Encrypts the documents with a new data key by the rules of `metadata`, and fills in its recipients and its
// MAC.
struct EncryptedTree {
  std::vector<SopsNode> documents;
  Metadata metadata;
};
[[nodiscard]] EncryptedTree encrypt_tree(std::vector<SopsNode> documents, Metadata metadata,
                                         std::span<const Recipient> recipients);

// Paths ("postgres/password") of the values that stand in clear although the rules say that they are
// encrypted; comments and empty values do not count.
[[nodiscard]] std::vector<std::string> find_clear_values(std::vector<SopsNode> documents,
                                                         const Metadata& metadata);

// What is authenticated in the file (values with their keys in their order, MAC, time, rules), hashed without
// any key: the same after `sops updatekeys` for other recipients, another after any change of a value.
[[nodiscard]] std::string fingerprint_tree(const std::vector<SopsNode>& documents, const Metadata& metadata);

}  // namespace hwcsync::secrets
