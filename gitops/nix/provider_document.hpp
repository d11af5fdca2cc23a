#pragma once

#include "src/base/yaml.hpp"

namespace hwcsync::nix {

// The canonical model as docker-compose must get it for podman's API to understand what it means.
[[nodiscard]] Yaml provider_document(Yaml canonical);

}  // namespace hwcsync::nix
