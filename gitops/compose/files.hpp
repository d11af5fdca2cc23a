#pragma once

#include "src/base/tree.hpp"
#include "src/base/yaml.hpp"

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace hwcsync::compose {

// One file as it was written: nothing interpolated or merged yet.
struct ComposeFile {
  std::string path;             // in the tree
  std::vector<Yaml> documents;  // mappings; later ones are merged over earlier ones
};

// "stacks/immich/compose.yaml": the first of compose.yaml, compose.yml, docker-compose.yml,
// docker-compose.yaml. Nothing when there is no Compose file.
[[nodiscard]] std::optional<std::string> find_compose_file(const Tree& tree, const std::string& directory);

// That file, and the override file beside it (compose.override.yaml and its other names) where there is one.
[[nodiscard]] std::vector<std::string> find_compose_files(const Tree& tree, const std::string& directory);

// The content of a regular file; nothing for a symbolic link (whose bytes are its target) or where there is
// no file.
[[nodiscard]] std::optional<std::string> read_tracked_file(const Tree& tree, const std::string& path);

// Why there is nothing at this path: what leads away from it, else `otherwise`.
[[nodiscard]] std::string absence(const Tree& tree, const std::string& path, const std::string& otherwise);

// The file as YAML, merge keys resolved; throws ConfigError.
[[nodiscard]] ComposeFile read_compose_file(const Tree& tree, const std::string& path);

// "stacks/a/compose.yaml" -> "stacks/a"
[[nodiscard]] std::string directory_of(const std::string& path);

// A tree that remembers which files were asked for, there or not, and has no symbolic links. One thread.
class RecordingTree final : public Tree {
 public:
  explicit RecordingTree(const Tree& tree) : tree_(tree) {}
  [[nodiscard]] std::optional<std::string> read(const std::string& path) const override;
  [[nodiscard]] std::optional<std::vector<TreeEntry>> list(const std::string& path) const override;
  [[nodiscard]] std::optional<std::string> blob_id(const std::string& path) const override;
  void note(const std::string& path) const { files_.insert(path); }
  [[nodiscard]] const std::set<std::string>& files() const noexcept { return files_; }

 private:
  [[nodiscard]] bool leads_away(const std::string& path) const;

  const Tree& tree_;
  mutable std::set<std::string> files_;
};

}  // namespace hwcsync::compose
