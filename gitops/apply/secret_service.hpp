#pragma once

#include "gitops/plan/plan.hpp"

#include <map>
#include <string>
#include <vector>

namespace hwcsync::apply {

// What a revision's secrets are made of: names and ciphertext, nothing readable.
struct SecretBundle {
  std::string manifest;                            // canonical JSON (secrets/manifest)
  std::map<std::string, std::string> ciphertexts;  // by Git blob id
};

// What the service found out about one secret; never a value.
struct SecretFact {
  std::string stack;
  std::string name;
  plan::Fact fact = plan::Fact::unknown;
  std::string detail;
};

struct StagedSecrets {
  std::string generation;  // hash of manifest and ciphertext ids
  std::vector<SecretFact> facts;
};

struct SecretGenerations {
  std::string active;               // empty: none
  std::vector<std::string> staged;  // all that are kept, the active one too
};

// The seam to the process with the keys (DESIGN 8).
class SecretService {
 public:
  virtual ~SecretService() = default;
  // Compares with the active generation; no side effects.
  [[nodiscard]] virtual std::vector<SecretFact> facts(const SecretBundle& bundle) = 0;
  // Decrypts and verifies everything beside the active generation. Staging the same bundle again is fine.
  [[nodiscard]] virtual StagedSecrets stage(const SecretBundle& bundle) = 0;
  // Shows this generation from now on; "" shows nothing (what was before the first deployment). Gives a line
  // for each of its users who does not see it.
  virtual std::vector<std::string> flip(const std::string& generation) = 0;
  virtual void drop(const std::string& generation) = 0;
  // Looks again which generation the running system names, and shows that one.
  virtual void reload() = 0;
  [[nodiscard]] virtual SecretGenerations generations() = 0;
};

}  // namespace hwcsync::apply
