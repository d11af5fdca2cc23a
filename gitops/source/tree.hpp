#pragma once

#include "gitops/source/handles.hpp"

#include <map>
#include <string>

namespace hwcsync::git {

// The repository outlives its trees: both belong to one thread, and a tree is a short-lived value.
struct GitTree::State {
  git_repository* repository = nullptr;
  TreeHandle tree;
  // Directories that were looked into. libgit2 keeps only small ones, and the one of all stacks is not.
  std::map<std::string, TreeHandle> directories;

  // nullptr where there is none; both live as long as the state.
  const git_tree* directory(const std::string& path);
  const git_tree_entry* find(const std::string& path);
};

}  // namespace hwcsync::git
