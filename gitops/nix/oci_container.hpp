#pragma once

#include "gitops/nix/podman_run.hpp"

namespace hwcsync::nix {

// The published port that the option `port` of the stack stands for.
struct PortOption {
  std::string service;
  std::size_t index = 0;  // in the service's ports
  std::int64_t number = 0;
};

// What stands under virtualisation.oci-containers.containers.<name>. `port` may be null: the stack has none.
[[nodiscard]] Value::Set oci_container(const OciService& service, const PortOption* port);

}  // namespace hwcsync::nix
