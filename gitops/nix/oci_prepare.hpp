#pragma once

#include "gitops/nix/stack_scripts.hpp"

namespace hwcsync::nix {

// The unit layout::Stack::prepare_unit() of a stack of style oci: runs prepare.commands as root, once before
// the first of the stack's containers starts, and again when they changed. Containers require it and come
// after it.
[[nodiscard]] Value::Set prepare_unit(const layout::DesiredState& desired, const layout::Stack& stack,
                                      StackScripts& scripts);

}  // namespace hwcsync::nix
