#include "watcher/alarm.hpp"

#include "tests/support/catch.hpp"

namespace hwcsync::watch {
namespace {

using std::chrono::milliseconds;

TEST_CASE("an alarm fires once, not early, and again when it is set again") {
  EventLoop loop;
  int calls = 0;
  Alarm alarm(loop, [&] { ++calls; });
  const auto begin = std::chrono::steady_clock::now();
  alarm.set(milliseconds(20));
  while (calls < 1) REQUIRE(loop.step(milliseconds(5000)) == EventLoop::Step::worked);
  CHECK(std::chrono::steady_clock::now() - begin >= milliseconds(20));
  CHECK(loop.step(milliseconds(0)) == EventLoop::Step::idle);
  alarm.set(milliseconds(0));
  while (calls < 2) REQUIRE(loop.step(milliseconds(5000)) == EventLoop::Step::worked);
}

TEST_CASE("a later setting replaces the earlier one") {
  EventLoop loop;
  int calls = 0;
  Alarm alarm(loop, [&] { ++calls; });
  alarm.set(std::chrono::hours(1));
  alarm.set(milliseconds(1));
  while (calls < 1) REQUIRE(loop.step(milliseconds(5000)) == EventLoop::Step::worked);
  CHECK(calls == 1);
}

}  // namespace
}  // namespace hwcsync::watch
