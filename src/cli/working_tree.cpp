#include "src/cli/working_tree.hpp"

#include "gitops/source/repository.hpp"
#include "src/cli/source.hpp"

namespace hwcsync::cli {
namespace {

// A tree of a commit together with the repository that it reads from.
class CommitTree final : public Tree {
 public:
  CommitTree(const std::string& path, const std::string& revision)
      : repository_(path), tree_(repository_.tree(repository_.require(revision))) {}
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

Files open_files(const std::string& directory, const Context& context, const settings::Settings& settings) {
  const Place place = choose_place(directory, context, settings);
  if (!place.root.empty()) return {std::make_unique<DirectoryTree>(place.root), place.root};
  const bool is_mirror = place.git == settings.mirror();
  return {std::make_unique<CommitTree>(place.git, is_mirror ? settings.repository.branch : "HEAD"), ""};
}

}  // namespace hwcsync::cli
