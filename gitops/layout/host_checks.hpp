#pragma once

#include "gitops/layout/desired_state.hpp"
#include "src/base/schema.hpp"

namespace hwcsync::layout {

// What stacks of one host can take from each other: unit names, published ports, container and project names
// of one user; and references to stacks that are not there.
void check_host(const DesiredState& desired, Problems& problems);

}  // namespace hwcsync::layout
