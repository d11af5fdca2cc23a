// The last resort: a view whose server is stuck at one request.
#include "secrets/service/view_table.hpp"

#include "tests/support/catch.hpp"
#include "tests/view/fuse_fixture.hpp"

#include <atomic>
#include <cerrno>
#include <future>

#include <unistd.h>

using namespace hwcsync;
using namespace hwcsync::test;
using namespace std::chrono_literals;

TEST_CASE("a view that is stuck at one request lets its reader go with an error and is mounted anew") {
  Place place;
  std::promise<void> free;
  std::atomic<int> asked = 0;
  const auto freed = free.get_future().share();
  // The first request never ends, as if a disk or a lock had gone away.
  const secrets::AccessObserver observer = [&](const secrets::AccessEvent&) {
    if (asked++ == 0) freed.wait();
  };
  secrets::ViewTable table({.runtime_dir = place.path("run"), .user_runtime_root = place.path("users")},
                           observer, [](uid_t, std::uint64_t) { return nullptr; });
  const secrets::Snapshots snapshots{{kOwner, snapshot("g1", {{"a", "the value"}})}};
  table.show(snapshots, "g1");
  const std::string file = place.path("run/view/" + std::to_string(kOwner) + "/a");
  const auto read = [&] { return read_path(file); };

  Visitor reader(kOwner, kOwner, read);
  while (asked == 0) ::usleep(1000);
  CHECK(table.abort_stuck(1h, snapshots, "g1").empty());  // a slow one is left alone
  ::usleep(2000);
  CHECK(table.abort_stuck(1ms, snapshots, "g1") == std::vector<uid_t>{kOwner});
  const Seen seen = reader.finish();
  CHECK((seen.code == ECONNABORTED || seen.code == ENOTCONN));
  // While the first server still hangs.
  CHECK(as_user(kOwner, kOwner, read) == Seen{0, "the value"});
  CHECK(table.abort_stuck(1ms, snapshots, "g1").empty());
  REQUIRE(table.status().size() == 1);
  CHECK(table.status()[0].problem.empty());
  free.set_value();
}
