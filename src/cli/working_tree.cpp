#include "src/cli/working_tree.hpp"

#include "gitops/source/repository.hpp"
#include "gitops/stack/repository_config.hpp"
#include "src/base/error.hpp"

#include <filesystem>

namespace hwcsync::cli {
namespace {

// A tree of a commit together with the repository that it reads from.
class CommitTree final : public Tree {
 public:
  explicit CommitTree(const std::string& path)
      : repository_(path), tree_(repository_.tree(repository_.require("HEAD"))) {}
  [[nodiscard]] std::optional<std::string> read(const std::string& path) const override {
    return tree_.read(path);
  }
  [[nodiscard]] std::optional<std::vector<TreeEntry>> list(const std::string& path) const override {
    return tree_.list(path);
  }
  [[nodiscard]] std::optional<std::string> blob_id(const std::string& path) const override {
    return tree_.blob_id(path);
  }

 private:
  git::Repository repository_;
  git::GitTree tree_;
};

}  // namespace

Files open_files(const std::string& directory, const Context& context) {
  const std::string root = !directory.empty() ? directory : !context.repo.empty() ? context.repo : ".";
  if (std::filesystem::exists(root + '/' + stack::kRepositoryFile)) {
    return {std::make_unique<DirectoryTree>(root), root};
  }
  if (std::filesystem::exists(root + "/HEAD") && std::filesystem::exists(root + "/objects")) {
    return {std::make_unique<CommitTree>(root), ""};
  }
  throw UsageError({"cannot find a config repository in", root,
                    "there is no hwcsync.yaml and it is no Git repository",
                    "give its directory, or start one with: hwcsync init"});
}

}  // namespace hwcsync::cli
