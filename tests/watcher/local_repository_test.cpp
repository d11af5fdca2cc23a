#include "watcher/local_repository.hpp"

#include "tests/support/catch.hpp"
#include "tests/watcher/git_sandbox.hpp"

namespace hwcsync::watch {
namespace {

TEST_CASE("a path or a file URL is a repository of this machine, all else is not") {
  CHECK(local_path("/srv/x.git") == "/srv/x.git");
  CHECK(local_path("file:///srv/x.git") == "/srv/x.git");
  CHECK_FALSE(local_path("file://relative").has_value());
  CHECK_FALSE(local_path("https://example.net/x.git").has_value());
  CHECK_FALSE(local_path("git@example.net:x.git").has_value());
  CHECK_FALSE(local_path("").has_value());
}

TEST_CASE("the refs are found in a bare repository, a clone and a worktree") {
  test::GitSandbox git;
  git.commit("README.md", "x");
  CHECK(git_directory(git.bare()) == git.bare());
  CHECK(git_directory(git.work()) == git.work() + "/.git");
  git.git_in_work({"worktree", "add", "--quiet", "-b", "other", git.path() + "/tree"});
  const auto found = git_directory(git.path() + "/tree");
  REQUIRE(found.has_value());
  CHECK(std::filesystem::equivalent(*found, git.work() + "/.git"));
  CHECK_FALSE(git_directory(git.path()).has_value());
  CHECK_FALSE(git_directory("/nowhere").has_value());
}

}  // namespace
}  // namespace hwcsync::watch
