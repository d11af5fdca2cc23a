#include "gitops/source/handles.hpp"
#include "gitops/source/repository.hpp"
#include "src/base/text.hpp"

#include <map>
#include <memory>
#include <set>

namespace hwcsync::git {
namespace {

// Files and directories that a tree gets, before it becomes an object.
struct Node {
  std::map<std::string, std::unique_ptr<Node>> directories;
  std::map<std::string, std::string> files;
  std::set<std::string> executables;
};

void insert(Node& root, const std::string& path, const std::string& content, EntryKind kind) {
  Node* node = &root;
  const std::vector<std::string> parts = split(path, '/');
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    auto& next = node->directories[parts[i]];
    if (!next) next = std::make_unique<Node>();
    node = next.get();
  }
  node->files[parts.back()] = content;
  if (kind == EntryKind::executable) node->executables.insert(parts.back());
}

git_oid write_node(git_repository* repository, const Node& node) {
  UpdateHandle builder;
  check(git_treebuilder_new(Setter(builder), repository, nullptr), "cannot write", "a tree");
  for (const auto& [name, below] : node.directories) {
    const git_oid oid = write_node(repository, *below);
    check(git_treebuilder_insert(nullptr, builder.get(), name.c_str(), &oid, GIT_FILEMODE_TREE),
          "cannot write", name);
  }
  for (const auto& [name, content] : node.files) {
    git_oid oid;
    check(git_blob_create_from_buffer(&oid, repository, content.data(), content.size()), "cannot write",
          name);
    const bool runs = node.executables.count(name) > 0;
    check(git_treebuilder_insert(nullptr, builder.get(), name.c_str(), &oid,
                                 runs ? GIT_FILEMODE_BLOB_EXECUTABLE : GIT_FILEMODE_BLOB),
          "cannot write", name);
  }
  git_oid out;
  check(git_treebuilder_write(&out, builder.get()), "cannot write", "a tree");
  return out;
}

// `base` with the entry at `parts[depth...]` replaced by the tree `replacement`.
git_oid graft(git_repository* repository, const git_tree* base, const std::vector<std::string>& parts,
              std::size_t depth, const git_oid& replacement) {
  UpdateHandle builder;
  check(git_treebuilder_new(Setter(builder), repository, base), "cannot write", parts[depth]);
  git_oid below = replacement;
  if (depth + 1 < parts.size()) {
    TreeHandle next;
    const git_tree_entry* entry =
        base != nullptr ? git_tree_entry_byname(base, parts[depth].c_str()) : nullptr;
    if (entry != nullptr && git_tree_entry_type(entry) == GIT_OBJECT_TREE) {
      check(git_tree_lookup(Setter(next), repository, git_tree_entry_id(entry)), "cannot read", parts[depth]);
    }
    below = graft(repository, next.get(), parts, depth + 1, replacement);
  }
  check(git_treebuilder_insert(nullptr, builder.get(), parts[depth].c_str(), &below, GIT_FILEMODE_TREE),
        "cannot write", parts[depth]);
  git_oid out;
  check(git_treebuilder_write(&out, builder.get()), "cannot write", parts[depth]);
  return out;
}

}  // namespace

ObjectId Repository::write_commit(const ObjectId& parent, const std::string& prefix, const FileSet& files,
                                  const std::string& message) {
  git_repository* repository = state_->repository.get();
  Node root;
  for (const auto& [path, content] : files.contents) {
    insert(root, path, content, files.executables.count(path) > 0 ? EntryKind::executable : EntryKind::file);
  }
  const git_oid generated = write_node(repository, root);
  const CommitHandle commit = lookup_commit(repository, parent);
  TreeHandle base;
  check(git_commit_tree(Setter(base), commit.get()), "cannot read the files of commit", parent.hex());
  const git_oid tree_oid = graft(repository, base.get(), split(prefix, '/'), 0, generated);
  TreeHandle tree;
  check(git_tree_lookup(Setter(tree), repository, &tree_oid), "cannot read", "the new tree");
  const git_commit* parents[] = {commit.get()};
  git_oid out;
  // Who and when are the revision's own, so that the same input gives the same commit id.
  check(git_commit_create(&out, repository, nullptr, git_commit_author(commit.get()),
                          git_commit_author(commit.get()), "UTF-8", message.c_str(), tree.get(), 1, parents),
        "cannot write the generated commit on", parent.hex());
  return to_object_id(out);
}

}  // namespace hwcsync::git
