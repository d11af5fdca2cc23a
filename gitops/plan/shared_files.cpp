#include "gitops/plan/shared_files.hpp"

#include "gitops/plan/paths.hpp"
#include "secrets/vault/source.hpp"

#include <algorithm>

namespace hwcsync::plan {
namespace {

// Below the repository's secrets, and still no ciphertext on one of the sides: a container may mount it.
bool is_public(const git::ChangedPath& change, const git::Repository& repository) {
  const auto in_clear = [&](const std::string& blob) {
    return !blob.empty() && !secrets::detect_source_format(repository.read_blob(blob));
  };
  return in_clear(change.new_blob) || in_clear(change.old_blob);
}

}  // namespace

std::set<std::string> shared_candidates(const std::vector<git::ChangedPath>& changes,
                                        const stack::RepositoryConfig& config,
                                        const std::vector<std::string>& stacks,
                                        const git::Repository& repository) {
  std::set<std::string> out;
  for (const git::ChangedPath& change : changes) {
    const PathClass kind = classify(change.path, config);
    if (kind == PathClass::config) continue;
    if (kind == PathClass::secret && !is_public(change, repository)) continue;
    if (change.path.rfind(config.generated + '/', 0) == 0) continue;
    const std::string stack = stack_of(change.path, config);
    const bool owned = !stack.empty() && std::find(stacks.begin(), stacks.end(), stack) != stacks.end();
    if (!owned) out.insert(change.path);
  }
  return out;
}

bool reaches_outside(const Tree& tree, const std::string& directory) {
  for (const TreeEntry& entry : tree.list(directory).value_or(std::vector<TreeEntry>{})) {
    const std::string path = directory + '/' + entry.name;
    if (entry.kind == EntryKind::directory) {
      if (reaches_outside(tree, path)) return true;
    } else if (entry.name.ends_with(".yaml") || entry.name.ends_with(".yml") || entry.name == ".env") {
      const auto text = tree.read(path);
      if (text && text->find("..") != std::string::npos) return true;
    }
  }
  return false;
}

bool variables_reach_outside(const stack::RepositoryConfig& config, const stack::Host& host) {
  const auto reaches = [](const auto& variable) { return variable.second.find("..") != std::string::npos; };
  return std::any_of(config.variables.begin(), config.variables.end(), reaches) ||
         std::any_of(host.variables.begin(), host.variables.end(), reaches);
}

std::vector<std::string> used_files(const layout::Stack& stack, const std::set<std::string>& candidates) {
  std::vector<std::string> out;
  // Of a directory that it mounts, also what is there no more.
  const auto& directories = stack.project.directories;
  for (const std::string& path : candidates) {
    const bool below = std::any_of(directories.begin(), directories.end(), [&](const auto& directory) {
      return path.rfind(directory.second.path + '/', 0) == 0;
    });
    if (below || stack.project.files.count(path) != 0) out.push_back(path);
  }
  return out;
}

}  // namespace hwcsync::plan
