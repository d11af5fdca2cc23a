#pragma once

#include "gitops/lint/finding.hpp"
#include "secrets/manifest/manifest.hpp"
#include "src/base/tree.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace hwcsync::lint {

// An encrypted file of the repository and who needs it.
struct SecretSourceFile {
  secrets::SourceFormat format = secrets::SourceFormat::age;
  std::string content;
  std::set<std::string> used_by;  // "immich/env"
  std::set<std::string> hosts;    // that run such a stack
};

struct SecretInventory {
  stack::RepositoryConfig config;
  std::map<std::string, SecretSourceFile> files;  // by path
  std::vector<Finding> findings;  // stacks that cannot be read, secrets that nothing uses, plaintext
};

// Reads the whole tree: every encrypted file wherever it stands, and every stack, also those that no host
// runs. Throws ConfigError only when hwcsync.yaml cannot be read.
[[nodiscard]] SecretInventory take_secret_inventory(const Tree& tree);

// What is wrong with the inventory, as far as it shows without a key: who cannot decrypt what, files that
// nothing uses, sops files that are broken, without a MAC or with values in clear. Sorted, together with the
// inventory's own findings.
[[nodiscard]] std::vector<Finding> check_secrets(const SecretInventory& inventory);

// The recipients that a file must be readable for: those of all hosts that use it, in the order of
// hwcsync.yaml, each once.
[[nodiscard]] std::vector<std::string> wanted_recipients(const SecretInventory& inventory,
                                                         const SecretSourceFile& file);

}  // namespace hwcsync::lint
