#pragma once

#include "gitops/layout/desired_state.hpp"
#include "src/base/schema.hpp"

#include <string>
#include <vector>

namespace hwcsync::layout {

// What stacks of one host can take from each other: unit names, published ports, container and project names
// of one user; and references to stacks that are not there.
void check_host(const DesiredState& desired, Problems& problems);

// What `check_host` would compare of this stack with others, as sorted text. Stacks that claim nothing new
// beside others that were checked need no look at those.
[[nodiscard]] std::vector<std::string> claims(const Stack& stack);

}  // namespace hwcsync::layout
