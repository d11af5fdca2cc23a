#pragma once

#include "gitops/source/repository.hpp"

#include <git2.h>

#include <memory>
#include <string_view>

// libgit2's C objects with owners. Only for the files of this folder.
namespace hwcsync::git {

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};

using RepositoryHandle = std::unique_ptr<git_repository, Deleter<git_repository_free>>;
using OdbHandle = std::unique_ptr<git_odb, Deleter<git_odb_free>>;
using ObjectHandle = std::unique_ptr<git_object, Deleter<git_object_free>>;
using CommitHandle = std::unique_ptr<git_commit, Deleter<git_commit_free>>;
using TreeHandle = std::unique_ptr<git_tree, Deleter<git_tree_free>>;
using BlobHandle = std::unique_ptr<git_blob, Deleter<git_blob_free>>;
using DiffHandle = std::unique_ptr<git_diff, Deleter<git_diff_free>>;
using WalkHandle = std::unique_ptr<git_revwalk, Deleter<git_revwalk_free>>;
using ReferenceHandle = std::unique_ptr<git_reference, Deleter<git_reference_free>>;
using UpdateHandle = std::unique_ptr<git_treebuilder, Deleter<git_treebuilder_free>>;
using SignatureHandle = std::unique_ptr<git_signature, Deleter<git_signature_free>>;

// Lends a smart pointer to a C function's out-parameter: git_commit_lookup(Setter(commit), ...).
template <class T, class D>
class Setter {
 public:
  explicit Setter(std::unique_ptr<T, D>& target) : target_(target) {}
  ~Setter() { target_.reset(raw_); }
  Setter(const Setter&) = delete;
  Setter& operator=(const Setter&) = delete;
  operator T**() { return &raw_; }  // NOLINT(google-explicit-constructor): that is its purpose

 private:
  std::unique_ptr<T, D>& target_;
  T* raw_ = nullptr;
};

// libgit2's last error of this thread, copied at once: the next call overwrites it.
[[nodiscard]] std::string last_error();

// Throws GitError when `code` is negative.
void check(int code, std::string_view context, std::string_view subject);

[[nodiscard]] ObjectId to_object_id(const git_oid& oid);
[[nodiscard]] git_oid to_oid(const std::string& hex);
[[nodiscard]] inline git_oid to_oid(const ObjectId& id) {
  return to_oid(id.hex());
}

struct Repository::State {
  RepositoryHandle repository;
  OdbHandle odb;
};

[[nodiscard]] CommitHandle lookup_commit(git_repository* repository, const ObjectId& id);

}  // namespace hwcsync::git
