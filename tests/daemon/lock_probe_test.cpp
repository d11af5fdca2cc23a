#include "src/daemon/lock_probe.hpp"

#include "src/base/file_lock.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_directory.hpp"

#include <unistd.h>

namespace hwcsync::daemon {
namespace {

constexpr std::string_view kLocks =
    "1: POSIX  ADVISORY  WRITE 100 00:1a:77 0 EOF\n"
    "2: FLOCK  ADVISORY  WRITE 200 00:1a:77 0 EOF\n"
    "2: -> FLOCK  ADVISORY  WRITE 300 00:1a:88 0 EOF\n"
    "3: FLOCK  ADVISORY  WRITE 400 08:02:77 0 EOF\n";

TEST_CASE("the holder of a flock is found by device and inode") {
  CHECK(flock_holder_in(kLocks, 0, 0x1a, 77) == 200);
  CHECK(flock_holder_in(kLocks, 8, 2, 77) == 400);
}

TEST_CASE("another kind of lock, a waiter and other files are not holders") {
  CHECK_FALSE(flock_holder_in(kLocks, 0, 0x1a, 88).has_value());
  CHECK_FALSE(flock_holder_in(kLocks, 0, 0x1a, 7).has_value());
  CHECK_FALSE(flock_holder_in("1: POSIX  ADVISORY  WRITE 100 00:1a:77 0 EOF\n", 0, 0x1a, 77).has_value());
  CHECK_FALSE(flock_holder_in("", 0, 0, 0).has_value());
  CHECK_FALSE(flock_holder_in("garbage\n\n: :\n", 0, 0, 0).has_value());
}

TEST_CASE("a real lock is seen while it is held and leaves nothing behind") {
  const test::TemporaryDirectory directory;
  const std::string path = directory.path() + "/apply.lock";
  CHECK_FALSE(lock_holder(path).has_value());
  {
    const auto lock = FileLock::try_lock(path);
    REQUIRE(lock.has_value());
    CHECK(lock_holder(path) == ::getpid());
  }
  CHECK_FALSE(lock_holder(path).has_value());
}

}  // namespace
}  // namespace hwcsync::daemon
