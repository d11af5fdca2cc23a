#pragma once

#include "gitops/source/handles.hpp"

namespace hwcsync::git {

// The repository outlives its trees: both belong to one thread, and a tree is a short-lived value.
struct GitTree::State {
  git_repository* repository = nullptr;
  TreeHandle tree;
};

}  // namespace hwcsync::git
