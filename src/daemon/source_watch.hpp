#pragma once

#include "src/base/event_loop.hpp"
#include "watcher/alarm.hpp"
#include "watcher/debounce.hpp"
#include "watcher/ref_watcher.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace hwcsync::daemon {

// Watches the refs of the source when it is on this machine, and makes one call of each burst of events. A
// repository that is not there yet, or goes away, is looked for again with ensure(). Loop's thread.
class SourceWatch {
 public:
  using Time = std::chrono::steady_clock::time_point;
  // `moved` gets the time of the first event of the burst.
  SourceWatch(EventLoop& loop, std::string url, std::function<void(Time)> moved);
  SourceWatch(const SourceWatch&) = delete;
  SourceWatch& operator=(const SourceWatch&) = delete;

  // Begins to watch when that is not so already. True when it has begun just now: what happened before was
  // not seen.
  bool ensure();
  // Path of the watched repository; empty: none.
  [[nodiscard]] std::string watching() const;
  [[nodiscard]] watch::RefCounters counters() const;

 private:
  void ready();
  void arm();
  void fire();

  EventLoop& loop_;
  std::string url_;
  std::function<void(Time)> moved_;
  std::unique_ptr<watch::RefWatcher> watcher_;
  watch::RefCounters past_;  // of watchers that are gone
  watch::Debounce debounce_;
  EventLoop::Source source_;
  watch::Alarm alarm_;
};

}  // namespace hwcsync::daemon
