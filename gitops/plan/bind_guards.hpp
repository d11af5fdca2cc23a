#pragma once

#include "gitops/plan/plan.hpp"
#include "gitops/plan/stacks.hpp"

#include <vector>

namespace hwcsync::plan {

// Refusals where what a stack mounts of the host's files is not what it was: under another user, below
// another home, or behind a volume that takes a directory's place.
void check_binds(const std::vector<StackPair>& pairs, std::vector<Refusal>& out);

}  // namespace hwcsync::plan
