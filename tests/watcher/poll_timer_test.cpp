#include "watcher/poll_timer.hpp"

#include "tests/support/catch.hpp"

#include <stdexcept>

namespace hwcsync::watch {
namespace {

using std::chrono::milliseconds;

TEST_CASE("the timer calls again and again, even after a callback that threw") {
  EventLoop loop;
  int calls = 0;
  PollTimer timer(loop, milliseconds(1), [&] {
    if (++calls == 1) throw std::runtime_error("first");
  });
  REQUIRE_THROWS_AS(loop.step(milliseconds(5000)), std::runtime_error);
  while (calls < 3) REQUIRE(loop.step(milliseconds(5000)) == EventLoop::Step::worked);
}

TEST_CASE("a postponed timer waits for its new time") {
  EventLoop loop;
  int calls = 0;
  PollTimer timer(loop, milliseconds(3'600'000), [&] { ++calls; });
  CHECK(timer.remaining() > milliseconds(3'500'000));
  timer.postpone(milliseconds(1));
  while (calls == 0) REQUIRE(loop.step(milliseconds(5000)) == EventLoop::Step::worked);
  CHECK(timer.remaining() > milliseconds(3'500'000));
}

}  // namespace
}  // namespace hwcsync::watch
