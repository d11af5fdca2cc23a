#pragma once

#include "gitops/compose/model.hpp"

#include <string>

namespace hwcsync::nix {

// How podman is told of one mount: by -v (`volume`), or by a flag of its own (`option`); the other is empty.
struct PodmanMount {
  std::string volume;
  std::string option;
};

// `source` is the host path, or the volume or image as podman knows it. Not for tmpfs. ConfigError, for
// `service`, where neither form can carry the mount.
[[nodiscard]] PodmanMount podman_mount(const compose::Service& service, const compose::Mount& mount,
                                       const std::string& source);

}  // namespace hwcsync::nix
