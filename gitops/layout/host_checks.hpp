#pragma once

#include "gitops/layout/desired_state.hpp"
#include "src/base/schema.hpp"

namespace hwcsync::layout {

// Container names of style oci: nixpkgs' module makes /run/<name> and removes it when the container stops, so
// names that live there already are refused; so are names that two services share.
void check_container_names(const Stack& stack, Problems& problems);

// What stacks of one host can take from each other: unit names, published ports, container and project names
// of one user; and references to stacks that are not there.
void check_host(const DesiredState& desired, Problems& problems);

}  // namespace hwcsync::layout
