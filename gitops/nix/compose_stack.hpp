#pragma once

#include "gitops/nix/stack_parts.hpp"

namespace hwcsync::nix {

// Style compose: stacks/<stack>/{default.nix,compose.yaml,assets/...}; the module calls mkService of
// lib/mk-service.nix with plain arguments.
[[nodiscard]] StackFiles render_compose_stack(const layout::DesiredState& desired,
                                              const layout::Stack& stack);

}  // namespace hwcsync::nix
