#pragma once

#include "gitops/source/object_id.hpp"
#include "src/base/error.hpp"
#include "src/base/tree.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace hwcsync::git {

// A failure of Git itself: a repository that cannot be opened, an object that is missing, a ref that moved.
class GitError : public Error {
 public:
  using Error::Error;
};

struct CommitInfo {
  ObjectId id;
  std::string summary;  // first line of the message, printable as the author is
  std::string author;
  std::int64_t time = 0;  // seconds since the epoch, author's clock
  std::vector<ObjectId> parents;
};

// One path that differs between two trees. Renames are a removal and an addition. Empty ids: not there.
struct ChangedPath {
  std::string path;
  std::string old_blob;
  std::string new_blob;
  bool operator==(const ChangedPath&) const = default;
};

// Files to be written: path -> content, and which of them may be run.
struct FileSet {
  std::map<std::string, std::string> contents;
  std::set<std::string> executables;
};

class Repository;

// The files of one commit, read from the object database; no checkout.
class GitTree final : public Tree {
 public:
  ~GitTree() override;
  GitTree(GitTree&&) noexcept;
  GitTree& operator=(GitTree&&) noexcept;
  [[nodiscard]] std::optional<std::string> read(const std::string& path) const override;
  [[nodiscard]] std::optional<std::vector<TreeEntry>> list(const std::string& path) const override;
  [[nodiscard]] std::optional<std::string> blob_id(const std::string& path) const override;

 private:
  friend class Repository;
  struct State;
  explicit GitTree(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// A local repository, bare or not, read and written by libgit2. One object per thread.
class Repository {
 public:
  // Opens `path`, which may belong to another user (we only read objects). Throws GitError that says what is
  // wrong, also for formats that libgit2 cannot read.
  explicit Repository(const std::string& path);
  // git init --bare with our own settings (no auto-gc of what refs/hwcsync keeps); opens it when it is there
  // already.
  [[nodiscard]] static Repository init_bare(const std::string& path);
  ~Repository();
  Repository(Repository&&) noexcept;
  Repository& operator=(Repository&&) noexcept;

  // A revision as Git writes it ("main", "HEAD~2", "4f2c1a9^"); branches are also looked up below
  // refs/remotes/origin. Nothing when there is no such commit.
  [[nodiscard]] std::optional<ObjectId> resolve(const std::string& revision) const;
  [[nodiscard]] ObjectId require(const std::string& revision) const;  // GitError instead of nothing

  [[nodiscard]] CommitInfo commit(const ObjectId& id) const;
  [[nodiscard]] GitTree tree(const ObjectId& commit) const;
  [[nodiscard]] std::string read_blob(const std::string& blob_id) const;
  [[nodiscard]] std::string tree_id(const ObjectId& commit) const;

  // What differs between two commits, sorted by path; without `from`, everything in `to`.
  [[nodiscard]] std::vector<ChangedPath> diff(const std::optional<ObjectId>& from, const ObjectId& to) const;
  [[nodiscard]] bool is_ancestor(const ObjectId& ancestor, const ObjectId& descendant) const;
  // Commits of `to` that are not in `from`, newest first, at most `limit`.
  [[nodiscard]] std::vector<CommitInfo> commits_between(const std::optional<ObjectId>& from,
                                                        const ObjectId& to, std::size_t limit = 1000) const;

  // A commit whose parent is `parent` and whose tree is the parent's with everything below `prefix` replaced
  // by `files` (paths below prefix). Author, committer and dates are those of the parent, so the same input
  // gives the same id. No ref is moved.
  [[nodiscard]] ObjectId write_commit(const ObjectId& parent, const std::string& prefix, const FileSet& files,
                                      const std::string& message);

  [[nodiscard]] std::optional<ObjectId> read_ref(const std::string& name) const;
  // Creates or moves the ref.
  void write_ref(const std::string& name, const ObjectId& target);
  void delete_ref(const std::string& name);

  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  struct State;
  Repository(std::unique_ptr<State> state, std::string path);
  std::unique_ptr<State> state_;
  std::string path_;
};

// Names of the refs that are ours.
[[nodiscard]] std::string generated_ref(const std::string& host);  // refs/hwcsync/generated/<host>
[[nodiscard]] std::string deployed_ref(const std::string& host);   // refs/hwcsync/deployed/<host>

}  // namespace hwcsync::git
