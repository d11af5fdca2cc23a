#include "watcher/poll_timer.hpp"

#include <algorithm>
#include <utility>

namespace hwcsync::watch {

using std::chrono::milliseconds;

PollTimer::PollTimer(EventLoop& loop, milliseconds interval, std::function<void()> callback)
    : interval_(interval),
      callback_(std::move(callback)),
      next_(std::chrono::steady_clock::now() + interval),
      source_(loop.after(interval, [this] { fire(); })) {}

void PollTimer::fire() {
  // Armed again first: the callback may postpone, or throw.
  postpone(interval_);
  callback_();
}

void PollTimer::postpone(milliseconds next) {
  next_ = std::chrono::steady_clock::now() + next;
  source_.rearm(next);
}

void PollTimer::set_interval(milliseconds interval) {
  interval_ = interval;
  postpone(interval);
}

milliseconds PollTimer::remaining() const {
  const auto left = std::chrono::duration_cast<milliseconds>(next_ - std::chrono::steady_clock::now());
  return std::max(left, milliseconds(0));
}

}  // namespace hwcsync::watch
