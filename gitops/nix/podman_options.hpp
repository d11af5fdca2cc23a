#pragma once

#include "gitops/compose/model.hpp"

#include <string>
#include <vector>

namespace hwcsync::nix {

// Options of `podman run` for what the NixOS module has no option of its own for, in a fixed order; lists
// whose order means something (dns, tmpfs, add-host) keep it. The module quotes them for its shell script.
[[nodiscard]] std::vector<std::string> podman_options(const compose::Service& service);

}  // namespace hwcsync::nix
