#include "watcher/ref_watcher.hpp"

#include "src/base/error.hpp"
#include "tests/support/catch.hpp"
#include "tests/watcher/git_sandbox.hpp"

#include <algorithm>
#include <fstream>

#include <poll.h>

namespace hwcsync::watch {
namespace {

class Fixture {
 public:
  Fixture() {
    git.commit("README.md", "first");
    git.push();
    watcher.emplace(git.bare());
  }

  // Everything that was done so far has been seen when the cookie arrives: inotify keeps the order of one
  // instance.
  RefObservation settle() {
    const std::string cookie = RefWatcher::kCookiePrefix + std::to_string(++cookies);
    std::ofstream(git.bare() + "/" + cookie) << "";
    RefObservation all;
    while (true) {
      pollfd wait{watcher->fd(), POLLIN, 0};
      REQUIRE(::poll(&wait, 1, 10'000) == 1);
      RefObservation seen = watcher->step();
      all.moved = all.moved || seen.moved;
      all.gone = all.gone || seen.gone;
      if (std::find(seen.cookies.begin(), seen.cookies.end(), cookie) != seen.cookies.end()) return all;
    }
  }

  bool watches(const std::string& directory) {
    const auto all = watcher->watched();
    return std::find(all.begin(), all.end(), directory) != all.end();
  }

  test::GitSandbox git;
  std::optional<RefWatcher> watcher;
  int cookies = 0;
};

TEST_CASE("nothing is reported when nothing happened") {
  Fixture f;
  CHECK_FALSE(f.settle().moved);
}

TEST_CASE("a push is seen") {
  Fixture f;
  f.git.commit("README.md", "second");
  f.git.push();
  CHECK(f.settle().moved);
  CHECK_FALSE(f.settle().moved);
}

TEST_CASE("a fetch from the repository is not taken for a change of it") {
  Fixture f;
  f.git.git_in_work({"fetch", "--quiet", "origin"});
  f.git.git({"clone", "--quiet", "--bare", f.git.bare(), f.git.path() + "/copy.git"});
  CHECK_FALSE(f.settle().moved);
}

TEST_CASE("a branch in a new directory is seen, and so is the next push to it") {
  Fixture f;
  f.git.push({"main:refs/heads/feature/deep/x"});
  CHECK(f.settle().moved);
  CHECK(f.watches("refs/heads/feature/deep"));
  f.git.commit("a", "a");
  f.git.push({"main:refs/heads/feature/deep/x"});
  CHECK(f.settle().moved);
}

TEST_CASE("packed refs are seen, and so is the push after them") {
  Fixture f;
  f.git.push({"main:refs/heads/feature/x"});
  (void)f.settle();
  f.git.git_in_bare({"pack-refs", "--all"});
  CHECK(f.settle().moved);
  f.git.commit("a", "a");
  f.git.push();
  CHECK(f.settle().moved);
  f.git.push({"main:refs/heads/feature/x"});
  CHECK(f.settle().moved);
}

TEST_CASE("a push after gc is seen") {
  Fixture f;
  f.git.git_in_bare({"gc", "--quiet"});
  (void)f.settle();
  f.git.commit("a", "a");
  f.git.push();
  CHECK(f.settle().moved);
}

TEST_CASE("a deleted branch is seen, packed or loose") {
  Fixture f;
  f.git.push({"main:refs/heads/one", "main:refs/heads/two"});
  f.git.git_in_bare({"pack-refs", "--all"});
  f.git.push({"main:refs/heads/three"});
  (void)f.settle();
  f.git.push({":refs/heads/one"});
  CHECK(f.settle().moved);
  f.git.push({":refs/heads/three"});
  CHECK(f.settle().moved);
}

TEST_CASE("a new HEAD is seen") {
  Fixture f;
  f.git.push({"main:refs/heads/other"});
  (void)f.settle();
  f.git.git_in_bare({"symbolic-ref", "HEAD", "refs/heads/other"});
  CHECK(f.settle().moved);
}

TEST_CASE("a ref that is written in place is seen") {
  Fixture f;
  const std::string id = f.git.head();
  std::ofstream(f.git.bare() + "/refs/heads/handmade") << id << "\n";
  CHECK(f.settle().moved);
}

TEST_CASE("a repository that is removed is reported as gone") {
  Fixture f;
  std::filesystem::remove_all(f.git.bare());
  CHECK(f.watcher->step().gone);
}

TEST_CASE("a repository that is moved away is reported as gone") {
  Fixture f;
  std::filesystem::rename(f.git.bare(), f.git.bare() + ".old");
  CHECK(f.watcher->step().gone);
}

TEST_CASE("a place without a repository cannot be watched") {
  const test::TemporaryDirectory directory;
  REQUIRE_THROWS_AS(RefWatcher(directory.path()), Error);
  REQUIRE_THROWS_AS(RefWatcher(directory.path() + "/nowhere"), Error);
}

TEST_CASE("an overflow of the queue looks at everything again") {
  Fixture f;
  // More events than the kernel's queue holds, none of them read in between; names differ so that they are
  // not merged.
  const std::string refs = f.git.bare() + "/refs/heads/";
  for (int i = 0; i < 9000; ++i) {
    std::ofstream(refs + "x" + std::to_string(i) + ".lock") << "";
    std::filesystem::remove(refs + "x" + std::to_string(i) + ".lock");
  }
  // This directory's event is lost.
  f.git.push({"main:refs/heads/lost/y"});
  RefObservation seen = f.watcher->step();
  if (f.watcher->counters().overflows == 0) {
    WARN("this kernel's queue is longer than the flood; nothing was lost");
  } else {
    CHECK(f.watcher->counters().overflows == 1);
    CHECK(seen.moved);
  }
  CHECK(f.watches("refs/heads/lost"));
}

}  // namespace
}  // namespace hwcsync::watch
