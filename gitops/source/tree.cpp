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
    case GIT_FILEMODE_COMMIT:
      return EntryKind::submodule;
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

const git_tree* GitTree::State::directory(const std::string& path) {
  if (path.empty()) return tree.get();
  const auto known = directories.find(path);
  if (known != directories.end()) return known->second.get();
  const git_tree_entry* entry = find(path);
  if (entry == nullptr || git_tree_entry_type(entry) != GIT_OBJECT_TREE) return nullptr;
  TreeHandle below;
  check(git_tree_lookup(Setter(below), repository, git_tree_entry_id(entry)), "cannot read", path);
  return directories.emplace(path, std::move(below)).first->second.get();
}

const git_tree_entry* GitTree::State::find(const std::string& path) {
  const auto slash = path.rfind('/');
  const git_tree* parent = directory(slash == std::string::npos ? "" : path.substr(0, slash));
  if (parent == nullptr || path.empty()) return nullptr;
  return git_tree_entry_byname(parent, path.c_str() + (slash == std::string::npos ? 0 : slash + 1));
}

std::optional<std::string> GitTree::read(const std::string& path) const {
  const git_tree_entry* entry = state_->find(path);
  if (entry == nullptr || git_tree_entry_type(entry) != GIT_OBJECT_BLOB) return std::nullopt;
  BlobHandle blob;
  check(git_blob_lookup(Setter(blob), state_->repository, git_tree_entry_id(entry)), "cannot read", path);
  return std::string(static_cast<const char*>(git_blob_rawcontent(blob.get())),
                     static_cast<std::size_t>(git_blob_rawsize(blob.get())));
}

std::optional<std::vector<TreeEntry>> GitTree::list(const std::string& path) const {
  const git_tree* tree = state_->directory(path);
  if (tree == nullptr) return std::nullopt;
  std::vector<TreeEntry> out;
  for (std::size_t i = 0; i < git_tree_entrycount(tree); ++i) {
    const git_tree_entry* entry = git_tree_entry_byindex(tree, i);
    out.push_back({git_tree_entry_name(entry), kind_of(git_tree_entry_filemode(entry))});
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return out;
}

std::optional<std::string> GitTree::blob_id(const std::string& path) const {
  const git_tree_entry* entry = state_->find(path);
  if (entry == nullptr || git_tree_entry_type(entry) != GIT_OBJECT_BLOB) return std::nullopt;
  return to_object_id(*git_tree_entry_id(entry)).hex();
}

}  // namespace hwcsync::git
