#pragma once

#include "gitops/source/repository.hpp"
#include "gitops/stack/repository_config.hpp"

#include <set>
#include <string>
#include <vector>

// Each path that differs between two revisions has one class (DESIGN 6).
namespace hwcsync::plan {

enum class PathClass { stack, secret, doc, host, config };

struct ClassifiedPaths {
  std::set<std::string> stacks;           // directories below `stacks` with a change that counts
  std::vector<git::ChangedPath> secrets;  // below the repository's `secrets`
  std::vector<std::string> host;          // flake.nix, hosts/..., modules/...
  bool config = false;                    // hwcsync.yaml itself
  std::size_t stack_paths = 0;
  std::size_t docs = 0;
};

// Class of a path by its name alone.
[[nodiscard]] PathClass classify(const std::string& path, const stack::RepositoryConfig& config);

// The stack in whose directory the path is: stacks/immich/compose.yaml -> immich; empty for none.
[[nodiscard]] std::string stack_of(const std::string& path, const stack::RepositoryConfig& config);

// Classes of all paths. A document inside a stack counts for the stack when one of the stack's own YAML
// files, in `tree`, says its name: found by searching their bytes, so that nothing is parsed for a commit of
// documents.
[[nodiscard]] ClassifiedPaths classify_all(const std::vector<git::ChangedPath>& changes,
                                           const stack::RepositoryConfig& config, const Tree& tree);

// Stacks of the list whose YAML files name this file below `secrets`.
[[nodiscard]] std::vector<std::string> stacks_naming(const std::string& file,
                                                     const std::vector<std::string>& stacks,
                                                     const stack::RepositoryConfig& config, const Tree& tree);

}  // namespace hwcsync::plan
