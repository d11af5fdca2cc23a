#pragma once

#include "src/base/event_loop.hpp"

#include <chrono>
#include <functional>

namespace hwcsync::watch {

// Calls back at a steady pace on the loop's thread: the way to see a remote that cannot tell us of a push. A
// callback that throws does not stop the pace.
class PollTimer {
 public:
  PollTimer(EventLoop& loop, std::chrono::milliseconds interval, std::function<void()> callback);
  PollTimer(const PollTimer&) = delete;
  PollTimer& operator=(const PollTimer&) = delete;

  // The next call comes this long from now, then at the pace again (after a failure: sooner or later than
  // usual).
  void postpone(std::chrono::milliseconds next);
  void set_interval(std::chrono::milliseconds interval);
  [[nodiscard]] std::chrono::milliseconds interval() const noexcept { return interval_; }
  // Until the next call; for people.
  [[nodiscard]] std::chrono::milliseconds remaining() const;

 private:
  void fire();

  std::chrono::milliseconds interval_;
  std::function<void()> callback_;
  std::chrono::steady_clock::time_point next_;
  EventLoop::Source source_;
};

}  // namespace hwcsync::watch
