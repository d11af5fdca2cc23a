#pragma once

#include "gitops/layout/desired_state.hpp"
#include "gitops/lint/finding.hpp"

#include <vector>

// What a user's podman cannot do and the Compose file asks for: it is found out when the stack starts, and
// that run is rolled back. Checks of the table of rules; findings without rule and severity.
namespace hwcsync::lint {

[[nodiscard]] std::vector<Finding> rootless_low_port(const layout::Stack& stack,
                                                     const stack::RepositoryConfig& repository);
[[nodiscard]] std::vector<Finding> rootless_network_volume(const layout::Stack& stack,
                                                           const stack::RepositoryConfig& repository);

}  // namespace hwcsync::lint
