#pragma once

#include "gitops/layout/desired_state.hpp"
#include "gitops/source/repository.hpp"

#include <set>
#include <string>
#include <vector>

// Files outside of a stack's directory that its Compose files bring in (extends, include, env_file, a mount):
// a change of one is a change of the stack, wherever the file stands.
namespace hwcsync::plan {

// Changed paths that are in no listed stack's directory and that a stack could bring in.
[[nodiscard]] std::set<std::string> shared_candidates(const std::vector<git::ChangedPath>& changes,
                                                      const stack::RepositoryConfig& config,
                                                      const std::vector<std::string>& stacks,
                                                      const git::Repository& repository);

// Whether a YAML file below the directory says "..": no other stack can name a file outside of it. Bytes are
// searched, nothing is parsed.
[[nodiscard]] bool reaches_outside(const Tree& tree, const std::string& directory);
// Whether a variable that any stack of the host may use leads out of a stack's directory.
[[nodiscard]] bool variables_reach_outside(const stack::RepositoryConfig& config, const stack::Host& host);

// Those of the candidates that this stack was made from.
[[nodiscard]] std::vector<std::string> used_files(const layout::Stack& stack,
                                                  const std::set<std::string>& candidates);

}  // namespace hwcsync::plan
