#pragma once

#include "gitops/plan/plan.hpp"
#include "gitops/plan/stacks.hpp"

#include <vector>

namespace hwcsync::plan {

// Refusals where a container finds other files under a path than before: the host's under another user or
// below another home, something else where a directory of the host was, and places that are exchanged.
void check_mounts(const std::vector<StackPair>& pairs, std::vector<Refusal>& out);

}  // namespace hwcsync::plan
