#pragma once

#include "gitops/compose/model.hpp"

#include <string>
#include <vector>

namespace hwcsync::nix {

// The flags of `podman run` for the keys of a service that NixOS' module has no option for and that need
// nothing of the rest of the stack. Lists keep the order of the file; maps are sorted. ConfigError for what
// podman cannot do.
[[nodiscard]] std::vector<std::string> podman_options(const compose::Service& service);

// The entrypoint is one word that --entrypoint takes as it stands.
[[nodiscard]] bool single_entrypoint(const compose::Service& service);

// Text of `key`; ConfigError when it comes from a secret, which may be in no unit and on no command line.
[[nodiscard]] std::string untainted(const compose::Service& service, const compose::Template& value,
                                    const std::string& key);

}  // namespace hwcsync::nix
