#pragma once

#include "src/base/event_loop.hpp"
#include "src/base/fd.hpp"

#include <chrono>
#include <functional>

namespace hwcsync::watch {

// A timer that is on time. The loop's own timers may come up to 250 ms late (sd-event groups wake-ups that
// way), which is right for a poll and wrong for a debounce of a few milliseconds. Loop's thread.
class Alarm {
 public:
  Alarm(EventLoop& loop, std::function<void()> callback);
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

  // Fires once, this long from now; an earlier setting is forgotten.
  void set(std::chrono::microseconds delay);

 private:
  Fd fd_;
  std::function<void()> callback_;
  EventLoop::Source source_;
};

}  // namespace hwcsync::watch
