#include "gitops/source/tree.hpp"

#include <algorithm>

namespace hwcsync::git {
namespace {

EntryKind kind_of(git_filemode_t mode) {
  switch (mode) {
    case GIT_FILEMODE_TREE:
      return EntryKind::directory;
    case GIT_FILEMODE_LINK:
      return EntryKind::symlink;
    case GIT_FILEMODE_BLOB_EXECUTABLE:
      return EntryKind::executable;
    default:
      return EntryKind::file;
  }
}

}  // namespace

GitTree::GitTree(std::unique_ptr<State> state) : state_(std::move(state)) {}
GitTree::~GitTree() = default;
GitTree::GitTree(GitTree&&) noexcept = default;
GitTree& GitTree::operator=(GitTree&&) noexcept = default;

namespace {

EntryHandle find_entry(git_tree* tree, const std::string& path) {
  EntryHandle entry;
  if (path.empty()) return entry;
  const int code = git_tree_entry_bypath(Setter(entry), tree, path.c_str());
  if (code == GIT_ENOTFOUND) return {};
  check(code, "cannot look up", path);
  return entry;
}

}  // namespace

std::optional<std::string> GitTree::read(const std::string& path) const {
  const EntryHandle entry = find_entry(state_->tree.get(), path);
  if (!entry || git_tree_entry_type(entry.get()) != GIT_OBJECT_BLOB) return std::nullopt;
  BlobHandle blob;
  check(git_blob_lookup(Setter(blob), state_->repository, git_tree_entry_id(entry.get())), "cannot read",
        path);
  return std::string(static_cast<const char*>(git_blob_rawcontent(blob.get())),
                     static_cast<std::size_t>(git_blob_rawsize(blob.get())));
}

std::optional<std::vector<TreeEntry>> GitTree::list(const std::string& path) const {
  TreeHandle below;
  const git_tree* tree = state_->tree.get();
  if (!path.empty()) {
    const EntryHandle entry = find_entry(state_->tree.get(), path);
    if (!entry || git_tree_entry_type(entry.get()) != GIT_OBJECT_TREE) return std::nullopt;
    check(git_tree_lookup(Setter(below), state_->repository, git_tree_entry_id(entry.get())), "cannot read",
          path);
    tree = below.get();
  }
  std::vector<TreeEntry> out;
  for (std::size_t i = 0; i < git_tree_entrycount(tree); ++i) {
    const git_tree_entry* entry = git_tree_entry_byindex(tree, i);
    if (git_tree_entry_type(entry) == GIT_OBJECT_COMMIT) continue;  // a submodule: nothing to read here
    out.push_back({git_tree_entry_name(entry), kind_of(git_tree_entry_filemode(entry))});
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return out;
}

std::optional<std::string> GitTree::blob_id(const std::string& path) const {
  const EntryHandle entry = find_entry(state_->tree.get(), path);
  if (!entry || git_tree_entry_type(entry.get()) != GIT_OBJECT_BLOB) return std::nullopt;
  return to_object_id(*git_tree_entry_id(entry.get())).hex();
}

}  // namespace hwcsync::git
