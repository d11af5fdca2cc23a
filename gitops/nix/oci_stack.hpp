#pragma once

#include "gitops/nix/stack_parts.hpp"

namespace hwcsync::nix {

// Style oci: stacks/<stack>/{options,index}.nix under hwc.server.containers.<stack>; default.nix sets
// `enable`.
[[nodiscard]] StackFiles render_oci_stack(const layout::DesiredState& desired, const layout::Stack& stack);

}  // namespace hwcsync::nix
