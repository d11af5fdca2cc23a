#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hwcsync {

// A submodule names a commit of another repository, and none of that one's files.
enum class EntryKind { file, executable, symlink, directory, submodule };

struct TreeEntry {
  std::string name;  // one component
  EntryKind kind = EntryKind::file;
  bool operator==(const TreeEntry&) const = default;
};

// A read-only tree of files. Paths are relative, '/'-separated, without "." and ".."; "" is the root.
// Every implementation is used from one thread at a time.
class Tree {
 public:
  virtual ~Tree() = default;
  // The bytes of a file (of a symlink: its target); nothing when there is no file at this path.
  [[nodiscard]] virtual std::optional<std::string> read(const std::string& path) const = 0;
  // Sorted bytewise by name; nothing when there is no directory at this path.
  [[nodiscard]] virtual std::optional<std::vector<TreeEntry>> list(const std::string& path) const = 0;
  // A name for the content of the file: its Git blob id (40 hex digits), without reading where that is known.
  [[nodiscard]] virtual std::optional<std::string> blob_id(const std::string& path) const;

  [[nodiscard]] bool has_file(const std::string& path) const { return blob_id(path).has_value(); }
};

// A directory of the file system, for `hwcsync lint` on a laptop. Files over 64 MiB are an error. As in a
// commit, no path leads through a symbolic link or into a repository below this one.
class DirectoryTree final : public Tree {
 public:
  explicit DirectoryTree(std::string root);
  [[nodiscard]] std::optional<std::string> read(const std::string& path) const override;
  [[nodiscard]] std::optional<std::vector<TreeEntry>> list(const std::string& path) const override;

 private:
  std::string root_;
};

// Files in memory, for tests and for what a renderer writes.
class MemoryTree final : public Tree {
 public:
  MemoryTree() = default;
  explicit MemoryTree(std::map<std::string, std::string> files) : files_(std::move(files)) {}
  void put(const std::string& path, std::string content) { files_[path] = std::move(content); }
  [[nodiscard]] const std::map<std::string, std::string>& files() const noexcept { return files_; }
  [[nodiscard]] std::optional<std::string> read(const std::string& path) const override;
  [[nodiscard]] std::optional<std::vector<TreeEntry>> list(const std::string& path) const override;

 private:
  std::map<std::string, std::string> files_;
};

// What to say of an entry that leads nowhere: "'stacks/x' is a symbolic link, ...". None is followed, because
// what it names may lie outside of the repository and would not be in the commit's tree; nor is a submodule.
// Nothing for a file or a directory.
[[nodiscard]] std::optional<std::string> entry_fault(EntryKind kind, const std::string& path);
// The same of the first part of the path that leads nowhere.
[[nodiscard]] std::optional<std::string> path_fault(const Tree& tree, const std::string& path);

// "a/b" + "../c" -> "a/c"; nothing when the result would leave the tree or the path is absolute.
[[nodiscard]] std::optional<std::string> join_path(std::string_view directory, std::string_view relative);

}  // namespace hwcsync
