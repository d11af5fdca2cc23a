#pragma once

#include "gitops/plan/plan.hpp"
#include "gitops/plan/stacks.hpp"

#include <vector>

namespace hwcsync::plan {

// Secrets of the touched stacks that differ between the two sides; every new ciphertext has the fact
// `unknown` unless the format shows without a key that only the recipients changed.
[[nodiscard]] std::vector<SecretChange> compare_secrets(const std::vector<StackPair>& pairs,
                                                        const git::Repository& repository);

// True when somebody with a key has to say more.
[[nodiscard]] bool needs_facts(const std::vector<SecretChange>& changes);

// Puts the changes of secrets into those of their stacks: consumers of rotated values (unknown counts as
// rotated) are recreated. With the same values under another encryption nothing happens to a stack.
void restart_consumers(const std::vector<SecretChange>& secrets, const std::vector<StackPair>& pairs,
                       std::vector<StackChange>& changes);

}  // namespace hwcsync::plan
