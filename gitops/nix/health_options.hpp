#pragma once

#include "gitops/compose/model.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace hwcsync::nix {

// The flags for a service's healthcheck; it must have one.
[[nodiscard]] std::vector<std::string> health_options(const compose::Service& service);

// What stands behind --health-cmd= for a test that begins with CMD or CMD-SHELL, so that podman runs the very
// words of the file.
[[nodiscard]] std::string health_command(const std::vector<std::string>& test);

// How long a container may take until podman calls it healthy or unhealthy, in seconds; 0 without a
// healthcheck.
[[nodiscard]] std::int64_t seconds_to_health(const compose::Service& service);

}  // namespace hwcsync::nix
