#pragma once

#include "gitops/layout/desired_state.hpp"
#include "src/base/schema.hpp"

namespace hwcsync::layout {

// What podman, systemd or the NixOS module would refuse only when the stack is rendered or started: names,
// images, networks, paths, and what style oci cannot carry. After this a stack can be rendered.
void check_containers(const Stack& stack, Problems& problems);

// Probes that nothing could ever answer, and routes that Caddy does not take. After variables are filled in.
void check_addresses(const Stack& stack, Problems& problems);

}  // namespace hwcsync::layout
