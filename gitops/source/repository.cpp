#include "gitops/source/repository.hpp"

#include "gitops/source/handles.hpp"
#include "gitops/source/tree.hpp"
#include "src/base/text.hpp"

#include <algorithm>
#include <exception>

namespace hwcsync::git {
namespace {

// Once a process: no configuration of the machine or of a user decides what we read. The owner check is off
// because we open only the path we were given and never run anything from it; libgit2 1.5 refuses even root,
// and calls it "not found".
struct Library {
  Library() {
    git_libgit2_init();
    git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
    for (const int level : {GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL,
                            GIT_CONFIG_LEVEL_PROGRAMDATA}) {
      git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, "");
    }
  }
};

void start_library() {
  static const Library library;
}

ChangedPath changed_path(const git_diff_delta& delta) {
  const bool removed = delta.status == GIT_DELTA_DELETED;
  const bool added = delta.status == GIT_DELTA_ADDED;
  return {removed ? delta.old_file.path : delta.new_file.path,
          added ? "" : to_object_id(delta.old_file.id).hex(),
          removed ? "" : to_object_id(delta.new_file.id).hex()};
}

}  // namespace

std::string last_error() {
  const git_error* error = git_error_last();
  return error != nullptr && error->message != nullptr ? error->message : "unknown error";
}

void check(int code, std::string_view context, std::string_view subject) {
  if (code < 0) throw GitError(context, subject, last_error());
}

ObjectId to_object_id(const git_oid& oid) {
  std::string hex(40, '0');
  git_oid_fmt(hex.data(), &oid);
  return *ObjectId::parse(hex);
}

git_oid to_oid(const std::string& hex) {
  git_oid out;
  check(git_oid_fromstr(&out, hex.c_str()), "cannot read the object id", hex);
  return out;
}

CommitHandle lookup_commit(git_repository* repository, const ObjectId& id) {
  CommitHandle commit;
  const git_oid oid = to_oid(id);
  check(git_commit_lookup(Setter(commit), repository, &oid), "cannot read commit", id.hex());
  return commit;
}

Repository::Repository(const std::string& path) : state_(std::make_unique<State>()), path_(path) {
  start_library();
  const int code = git_repository_open_ext(Setter(state_->repository), path.c_str(),
                                           GIT_REPOSITORY_OPEN_NO_SEARCH, nullptr);
  if (code < 0) {
    ErrorText text{"cannot open the Git repository", path, last_error(), {}};
    if (text.reason.find("extension") != std::string::npos) {
      text.hint = "hwcsync reads repositories in Git's classic format only (SHA-1, files for refs)";
    }
    throw GitError(std::move(text));
  }
  check(git_repository_odb(Setter(state_->odb), state_->repository.get()), "cannot open the objects of",
        path);
}

Repository::Repository(std::unique_ptr<State> state, std::string path)
    : state_(std::move(state)), path_(std::move(path)) {}
Repository::~Repository() = default;
Repository::Repository(Repository&&) noexcept = default;
Repository& Repository::operator=(Repository&&) noexcept = default;

Repository Repository::init_bare(const std::string& path) {
  start_library();
  RepositoryHandle made;
  check(git_repository_init(Setter(made), path.c_str(), 1), "cannot create the mirror", path);
  git_config* config = nullptr;
  check(git_repository_config(&config, made.get()), "cannot configure the mirror", path);
  const int code = git_config_set_int32(config, "gc.auto", 0);
  git_config_free(config);
  check(code, "cannot configure the mirror", path);
  return Repository(path);
}

std::optional<ObjectId> Repository::resolve(const std::string& revision) const {
  if (revision.empty() || revision.front() == '-') return std::nullopt;
  for (const std::string& candidate : {revision, "refs/remotes/origin/" + revision}) {
    ObjectHandle object;
    if (git_revparse_single(Setter(object), state_->repository.get(), candidate.c_str()) < 0) continue;
    ObjectHandle commit;
    if (git_object_peel(Setter(commit), object.get(), GIT_OBJECT_COMMIT) < 0) continue;
    return to_object_id(*git_object_id(commit.get()));
  }
  return std::nullopt;
}

ObjectId Repository::require(const std::string& revision) const {
  if (auto id = resolve(revision)) return *id;
  throw GitError({"cannot find revision", "'" + revision + "'", "there is no such commit in " + path_,
                  "fetch it first, or check the name of the branch"});
}

CommitInfo Repository::commit(const ObjectId& id) const {
  const CommitHandle commit = lookup_commit(state_->repository.get(), id);
  const git_signature* author = git_commit_author(commit.get());
  const char* summary = git_commit_summary(commit.get());
  CommitInfo out{
      id, printable(summary != nullptr ? summary : ""), printable(author->name), author->when.time, {}};
  for (unsigned i = 0; i < git_commit_parentcount(commit.get()); ++i) {
    out.parents.push_back(to_object_id(*git_commit_parent_id(commit.get(), i)));
  }
  return out;
}

GitTree Repository::tree(const ObjectId& commit) const {
  auto state = std::make_unique<GitTree::State>();
  state->repository = state_->repository.get();
  const CommitHandle handle = lookup_commit(state_->repository.get(), commit);
  check(git_commit_tree(Setter(state->tree), handle.get()), "cannot read the files of commit", commit.hex());
  return GitTree(std::move(state));
}

std::string Repository::tree_id(const ObjectId& commit) const {
  const CommitHandle handle = lookup_commit(state_->repository.get(), commit);
  return to_object_id(*git_commit_tree_id(handle.get())).hex();
}

std::string Repository::read_blob(const std::string& blob_id) const {
  BlobHandle blob;
  const git_oid oid = to_oid(blob_id);
  check(git_blob_lookup(Setter(blob), state_->repository.get(), &oid), "cannot read blob", blob_id);
  return {static_cast<const char*>(git_blob_rawcontent(blob.get())),
          static_cast<std::size_t>(git_blob_rawsize(blob.get()))};
}

std::vector<ChangedPath> Repository::diff(const std::optional<ObjectId>& from, const ObjectId& to) const {
  TreeHandle old_tree;
  TreeHandle new_tree;
  if (from) {
    const CommitHandle commit = lookup_commit(state_->repository.get(), *from);
    check(git_commit_tree(Setter(old_tree), commit.get()), "cannot read the files of commit", from->hex());
  }
  const CommitHandle commit = lookup_commit(state_->repository.get(), to);
  check(git_commit_tree(Setter(new_tree), commit.get()), "cannot read the files of commit", to.hex());
  git_diff_options options = GIT_DIFF_OPTIONS_INIT;
  options.flags |= GIT_DIFF_SKIP_BINARY_CHECK;
  options.ignore_submodules = GIT_SUBMODULE_IGNORE_ALL;
  DiffHandle diff;
  check(
      git_diff_tree_to_tree(Setter(diff), state_->repository.get(), old_tree.get(), new_tree.get(), &options),
      "cannot compare with commit", to.hex());
  std::vector<ChangedPath> out;
  // Not git_diff_foreach, which reads each file to say whether it is binary.
  for (std::size_t i = 0; i < git_diff_num_deltas(diff.get()); ++i)
    out.push_back(changed_path(*git_diff_get_delta(diff.get(), i)));
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return out;
}

bool Repository::is_ancestor(const ObjectId& ancestor, const ObjectId& descendant) const {
  if (ancestor == descendant) return true;
  const git_oid old_oid = to_oid(ancestor);
  const git_oid new_oid = to_oid(descendant);
  const int code = git_graph_descendant_of(state_->repository.get(), &new_oid, &old_oid);
  if (code == GIT_ENOTFOUND) return false;
  check(code, "cannot compare the history of", descendant.hex());
  return code == 1;
}

std::vector<CommitInfo> Repository::commits_between(const std::optional<ObjectId>& from, const ObjectId& to,
                                                    std::size_t limit) const {
  WalkHandle walk;
  check(git_revwalk_new(Setter(walk), state_->repository.get()), "cannot walk the history of", path_);
  git_revwalk_sorting(walk.get(), GIT_SORT_TOPOLOGICAL | GIT_SORT_TIME);
  const git_oid head = to_oid(to);
  check(git_revwalk_push(walk.get(), &head), "cannot walk from", to.hex());
  if (from) {
    const git_oid base = to_oid(*from);
    git_revwalk_hide(walk.get(), &base);  // a base that is not there hides nothing
  }
  std::vector<CommitInfo> out;
  git_oid oid;
  while (out.size() < limit && git_revwalk_next(&oid, walk.get()) == 0)
    out.push_back(commit(to_object_id(oid)));
  return out;
}

std::optional<ObjectId> Repository::read_ref(const std::string& name) const {
  git_oid oid;
  const int code = git_reference_name_to_id(&oid, state_->repository.get(), name.c_str());
  if (code == GIT_ENOTFOUND) return std::nullopt;
  check(code, "cannot read ref", name);
  return to_object_id(oid);
}

void Repository::write_ref(const std::string& name, const ObjectId& target) {
  ReferenceHandle reference;
  const git_oid oid = to_oid(target);
  check(git_reference_create(Setter(reference), state_->repository.get(), name.c_str(), &oid, 1, "hwcsync"),
        "cannot move ref", name);
}

void Repository::delete_ref(const std::string& name) {
  const int code = git_reference_remove(state_->repository.get(), name.c_str());
  if (code != GIT_ENOTFOUND) check(code, "cannot remove ref", name);
}

std::string generated_ref(const std::string& host) {
  return "refs/hwcsync/generated/" + host;
}

std::string deployed_ref(const std::string& host) {
  return "refs/hwcsync/deployed/" + host;
}

}  // namespace hwcsync::git
