#pragma once

#include "gitops/layout/desired_state.hpp"
#include "src/base/schema.hpp"
#include "src/base/tree.hpp"

#include <string>
#include <vector>

namespace hwcsync::layout {

// The secrets of a stack's configuration: each source is looked up beside the stack and then below the
// repository's `secrets`. A missing, unencrypted or unreadable one is a problem at its place. Sorted by name.
[[nodiscard]] std::vector<Secret> find_secrets(const Tree& tree, const stack::RepositoryConfig& repository,
                                               const std::string& directory, const stack::StackConfig& config,
                                               Problems& problems);

}  // namespace hwcsync::layout
