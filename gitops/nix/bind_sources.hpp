#pragma once

#include "gitops/layout/desired_state.hpp"

#include <string>
#include <vector>

namespace hwcsync::nix {

// tmpfiles rules for directories that containers of style oci mount and that podman, unlike Docker, does not
// make. Left out: what prepare.directories names, what cannot be a directory of ours (sockets, devices, files
// by their look), and what lies below a required or on-demand mount: made too early, it would land under the
// mount point.
[[nodiscard]] std::vector<std::string> bind_source_rules(const layout::Stack& stack);

}  // namespace hwcsync::nix
