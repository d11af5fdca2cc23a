#pragma once

#include "gitops/layout/desired_state.hpp"
#include "gitops/lint/finding.hpp"

#include <vector>

// What the Compose file asks for and podman refuses when the stack starts or a container is made anew: that
// run is rolled back. Checks of the table of rules; findings without rule and severity.
namespace hwcsync::lint {

[[nodiscard]] std::vector<Finding> rootless_low_port(const layout::Stack& stack,
                                                     const stack::RepositoryConfig& repository);
[[nodiscard]] std::vector<Finding> rootless_network_volume(const layout::Stack& stack,
                                                           const stack::RepositoryConfig& repository);

// podman-run(1), --userns: keep-id is not allowed for containers of root.
[[nodiscard]] std::vector<Finding> keep_id_of_root(const layout::Stack& stack,
                                                   const stack::RepositoryConfig& repository);
// network_mode, pid or ipc of a container by its name: nobody orders the two, or moves them together.
[[nodiscard]] std::vector<Finding> namespace_by_container(const layout::Stack& stack,
                                                          const stack::RepositoryConfig& repository);

}  // namespace hwcsync::lint
