#pragma once

#include "gitops/nix/oci_service.hpp"

#include <string>
#include <vector>

namespace hwcsync::nix {

// How a container joins its networks. The order is the order of the service's list, which decides which one
// carries the default route: names alone where podman needs no more (`plain`), else flags for all of them.
struct NetworkFlags {
  std::vector<std::string> plain;
  std::vector<std::string> flags;
};

// Each container answers to its service's name on every network and to its aliases; the names that `links` of
// others give it are among them since the file was read.
[[nodiscard]] NetworkFlags network_flags(const OciService& service);

}  // namespace hwcsync::nix
