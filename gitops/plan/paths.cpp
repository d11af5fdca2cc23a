#include "gitops/plan/paths.hpp"

#include "src/base/text.hpp"

#include <algorithm>

namespace hwcsync::plan {
namespace {

std::string base_name(const std::string& path) {
  return path.substr(path.rfind('/') + 1);  // npos + 1 is 0
}

bool is_below(const std::string& path, const std::string& directory) {
  return path.size() > directory.size() && path.compare(0, directory.size(), directory) == 0 &&
         path[directory.size()] == '/';
}

bool is_document(const std::string& path, const stack::RepositoryConfig& config) {
  static const std::vector<std::string> kBuiltIn{"*.md", "LICENSE*", ".github/**"};
  for (const auto* globs : {&kBuiltIn, &config.documents}) {
    for (const std::string& glob : *globs) {
      // A glob without a slash speaks of names, wherever they stand.
      const bool by_name = glob.find('/') == std::string::npos;
      if (glob_match(glob, by_name ? base_name(path) : path)) return true;
    }
  }
  return false;
}

bool yaml_says(const Tree& tree, const std::string& directory, const std::string& word) {
  const auto entries = tree.list(directory);
  if (!entries) return false;
  for (const TreeEntry& entry : *entries) {
    const bool yaml = entry.name.ends_with(".yaml") || entry.name.ends_with(".yml");
    if (!yaml || entry.kind == EntryKind::directory) continue;
    const auto text = tree.read(directory + '/' + entry.name);
    if (text && text->find(word) != std::string::npos) return true;
  }
  return false;
}

// A stack that mounts a directory, or the whole of its own, has documents below it for content.
bool stack_may_mount(const Tree& tree, const std::string& directory, const std::string& path) {
  std::vector<std::string> words = split(path.substr(directory.size() + 1), '/');
  // Also as JSON, in quotes, and as the value of a variable.
  for (const char* whole : {".:/", "./:/", ": .", ": \".", ": '.", ":\".", "-.", "build"})
    words.emplace_back(whole);
  return std::any_of(words.begin(), words.end(),
                     [&](const std::string& word) { return yaml_says(tree, directory, word); });
}

}  // namespace

std::string stack_of(const std::string& path, const stack::RepositoryConfig& config) {
  if (!is_below(path, config.stacks)) return "";
  const std::string rest = path.substr(config.stacks.size() + 1);
  const auto slash = rest.find('/');
  return slash == std::string::npos ? "" : rest.substr(0, slash);
}

PathClass classify(const std::string& path, const stack::RepositoryConfig& config) {
  if (path == stack::kRepositoryFile) return PathClass::config;
  if (is_below(path, config.generated)) return PathClass::doc;  // replaced by what is rendered, never read
  if (is_document(path, config)) return PathClass::doc;
  if (is_below(path, config.stacks))
    return stack_of(path, config).empty() ? PathClass::doc : PathClass::stack;
  if (is_below(path, config.secrets)) return PathClass::secret;
  return PathClass::host;
}

ClassifiedPaths classify_all(const std::vector<git::ChangedPath>& changes,
                             const stack::RepositoryConfig& config, const Tree& tree) {
  ClassifiedPaths out;
  for (const git::ChangedPath& change : changes) {
    PathClass kind = classify(change.path, config);
    if (kind == PathClass::doc && is_below(change.path, config.stacks)) {
      const std::string stack = stack_of(change.path, config);
      if (!stack.empty() && stack_may_mount(tree, config.stacks + '/' + stack, change.path)) {
        kind = PathClass::stack;
      }
    }
    switch (kind) {
      case PathClass::config:
        out.config = true;
        break;
      case PathClass::doc:
        ++out.docs;
        break;
      case PathClass::stack:
        out.stacks.insert(stack_of(change.path, config));
        ++out.stack_paths;
        break;
      case PathClass::secret:
        out.secrets.push_back(change);
        break;
      case PathClass::host:
        out.host.push_back(change.path);
        break;
    }
  }
  return out;
}

std::vector<std::string> stacks_naming(const std::string& file, const std::vector<std::string>& stacks,
                                       const stack::RepositoryConfig& config, const Tree& tree) {
  std::vector<std::string> out;
  for (const std::string& name : stacks) {
    if (yaml_says(tree, config.stacks + '/' + name, file)) out.push_back(name);
  }
  return out;
}

}  // namespace hwcsync::plan
