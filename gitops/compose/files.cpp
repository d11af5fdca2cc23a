#include "gitops/compose/files.hpp"

#include <algorithm>
#include <array>

namespace hwcsync::compose {
namespace {

// compose-go: cli/options.go.
constexpr std::array kNames{"compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"};
constexpr std::array kOverrides{"compose.override.yml", "compose.override.yaml",
                                "docker-compose.override.yml", "docker-compose.override.yaml"};

using Entries = std::vector<TreeEntry>;

template <class Names>
std::optional<std::string> first_of(const Entries& entries, const std::string& directory,
                                    const Names& names) {
  for (const std::string name : names) {
    const bool there = std::any_of(entries.begin(), entries.end(), [&](const TreeEntry& entry) {
      return entry.name == name && entry.kind != EntryKind::directory;
    });
    if (there) return directory.empty() ? name : directory + '/' + name;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> find_compose_file(const Tree& tree, const std::string& directory) {
  return first_of(tree.list(directory).value_or(Entries{}), directory, kNames);
}

std::vector<std::string> find_compose_files(const Tree& tree, const std::string& directory) {
  std::vector<std::string> out;
  const Entries entries = tree.list(directory).value_or(Entries{});
  const auto file = first_of(entries, directory, kNames);
  if (!file) return out;
  out.push_back(*file);
  if (const auto over = first_of(entries, directory, kOverrides)) out.push_back(*over);
  return out;
}

std::optional<std::string> read_tracked_file(const Tree& tree, const std::string& path) {
  const auto slash = path.rfind('/');
  const auto entries = tree.list(slash == std::string::npos ? "" : path.substr(0, slash));
  if (!entries) return std::nullopt;
  const std::string name = path.substr(slash == std::string::npos ? 0 : slash + 1);
  for (const TreeEntry& entry : *entries) {
    if (entry.name != name) continue;
    const bool regular = entry.kind == EntryKind::file || entry.kind == EntryKind::executable;
    return regular ? tree.read(path) : std::nullopt;
  }
  return std::nullopt;
}

ComposeFile read_compose_file(const Tree& tree, const std::string& path) {
  const auto content = tree.read(path);
  if (!content) throw ConfigError(ConfigKind::repository, {{{path, 0, 0}, "there is no such file"}});
  ComposeFile out{path, parse_yaml_documents(*content, path)};
  const Location where = out.documents.front().where();
  std::erase_if(out.documents, [](const Yaml& document) { return document.is_null(); });
  for (const Yaml& document : out.documents) {
    if (document.is_mapping()) continue;
    throw ConfigError(ConfigKind::repository, {{document.where(), "a Compose file must be a mapping"}});
  }
  if (out.documents.empty()) {
    throw ConfigError(ConfigKind::repository, {{where, "a Compose file must be a mapping"}});
  }
  return out;
}

std::string directory_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

std::string absence(const Tree& tree, const std::string& path, const std::string& otherwise) {
  return path_fault(tree, path).value_or(otherwise);
}

// A tree reads of a symbolic link what it names, which is the content of no file.
bool RecordingTree::leads_away(const std::string& path) const {
  const auto slash = path.rfind('/');
  const auto entries = tree_.list(slash == std::string::npos ? "" : path.substr(0, slash));
  const std::string_view name = std::string_view(path).substr(slash == std::string::npos ? 0 : slash + 1);
  return entries && std::any_of(entries->begin(), entries->end(), [&](const TreeEntry& entry) {
           return entry.name == name && entry.kind == EntryKind::symlink;
         });
}

std::optional<std::string> RecordingTree::read(const std::string& path) const {
  files_.insert(path);
  auto out = tree_.read(path);
  return out && leads_away(path) ? std::nullopt : out;
}

std::optional<std::vector<TreeEntry>> RecordingTree::list(const std::string& path) const {
  return tree_.list(path);
}

std::optional<std::string> RecordingTree::blob_id(const std::string& path) const {
  files_.insert(path);
  auto out = tree_.blob_id(path);
  return out && leads_away(path) ? std::nullopt : out;
}

}  // namespace hwcsync::compose
