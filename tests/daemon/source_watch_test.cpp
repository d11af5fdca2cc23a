#include "src/daemon/source_watch.hpp"

#include "tests/support/catch.hpp"
#include "tests/watcher/git_sandbox.hpp"

#include <filesystem>

namespace hwcsync::daemon {
namespace {

TEST_CASE("a push makes one call, and a repository that comes back is watched again") {
  test::GitSandbox git;
  git.commit("a", "a");
  git.push();
  EventLoop loop;
  int calls = 0;
  SourceWatch watch(loop, git.bare(), [&](SourceWatch::Time) { ++calls; });
  CHECK(watch.watching() == git.bare());
  const auto wait_for = [&](int wanted) {
    while (calls < wanted) REQUIRE(loop.step(std::chrono::milliseconds(10'000)) == EventLoop::Step::worked);
  };
  git.commit("a", "b");
  git.push();
  wait_for(1);
  CHECK(calls == 1);
  std::filesystem::rename(git.bare(), git.bare() + ".away");
  wait_for(2);
  CHECK(watch.watching().empty());
  CHECK_FALSE(watch.ensure());
  std::filesystem::rename(git.bare() + ".away", git.bare());
  CHECK(watch.ensure());
  CHECK_FALSE(watch.ensure());
  git.commit("a", "c");
  git.push();
  wait_for(3);
  CHECK(watch.counters().events > 0);
}

TEST_CASE("a remote is not watched") {
  EventLoop loop;
  SourceWatch watch(loop, "https://example.net/config.git", [](SourceWatch::Time) {});
  CHECK(watch.watching().empty());
  CHECK_FALSE(watch.ensure());
}

}  // namespace
}  // namespace hwcsync::daemon
