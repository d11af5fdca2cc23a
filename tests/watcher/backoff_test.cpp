#include "watcher/backoff.hpp"

#include "tests/support/catch.hpp"

#include <set>

namespace hwcsync::watch {
namespace {

using std::chrono::milliseconds;

TEST_CASE("without a failure there is nothing to wait for") {
  CHECK(backoff(0, 7) == milliseconds(0));
}

TEST_CASE("each failure waits about twice as long as the one before, up to a limit") {
  const BackoffOptions options{.first = milliseconds(1000), .longest = milliseconds(60'000)};
  std::int64_t base = 1000;
  for (unsigned failures = 1; failures <= 40; ++failures) {
    INFO(failures);
    const auto wait = backoff(failures, 42, options).count();
    CHECK(wait >= base - base / 4);
    CHECK(wait <= base + base / 4);
    base = std::min<std::int64_t>(base * 2, 60'000);
  }
}

TEST_CASE("the largest count of failures neither overflows nor hangs") {
  CHECK(backoff(4'294'967'295U, 1).count() <= 1'800'000 * 5 / 4);
}

TEST_CASE("the same failures and seed give the same time, other seeds another") {
  CHECK(backoff(3, 99) == backoff(3, 99));
  std::set<std::int64_t> times;
  for (std::uint64_t seed = 0; seed < 50; ++seed) times.insert(backoff(3, seed).count());
  CHECK(times.size() > 40);
}

}  // namespace
}  // namespace hwcsync::watch
