#pragma once

#include "gitops/nix/stack_parts.hpp"

namespace hwcsync::nix {

// host.nix: users, podman, the secrets generation, the start script; and lib/, our library and start script.
[[nodiscard]] StackFiles render_host(const layout::DesiredState& desired);

}  // namespace hwcsync::nix
