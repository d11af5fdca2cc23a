#pragma once

#include "gitops/nix/stack_parts.hpp"

#include <map>
#include <string>

namespace hwcsync::nix {

// Compose `configs` of a stack of style oci: files below /etc/hwcsync/stacks/<stack>/configs that containers
// mount. They are world-readable in the store, as Compose's are in the container.

// Where the file of a grant is on the host. A grant with an owner or a mode of its own has a file of its own.
[[nodiscard]] std::string config_path(const layout::Stack& stack, const compose::Service& service,
                                      const compose::Grant& grant);
[[nodiscard]] Value::Set config_etc(const layout::Stack& stack);
// Files below generated/<host>/.
[[nodiscard]] std::map<std::string, std::string> config_files(const layout::Stack& stack);

}  // namespace hwcsync::nix
