#pragma once

#include "src/base/event_loop.hpp"
#include "src/daemon/background.hpp"
#include "src/daemon/run_monitor.hpp"
#include "src/daemon/run_starter.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <set>
#include <string>

namespace hwcsync::daemon {

// What to do about a run that has not ended.
enum class Care {
  none,     // its worker is at work, or just about to be
  start,    // begin or recover it
  dismiss,  // nobody began it and its asker is gone: have it ended as cancelled
};

struct RunSigns {
  std::optional<history::RunState> state;  // of its journal
  bool lock_held = false;                  // some worker is at work
  bool ours = false;                       // we asked for it
  std::chrono::milliseconds silent{0};     // since anything was heard of it or tried for it
  std::chrono::milliseconds patience{0};   // grows with each try
};
// A run with a journal and without a worker was interrupted: a worker takes the lock before it writes. Pure.
[[nodiscard]] Care care_for(const RunSigns& signs);

// Sees to it that no run stays without an end: a worker can be killed, or fail to start. Only ever starts
// worker processes. Loop's thread.
class RunKeeper {
 public:
  struct Options {
    std::string state_dir;
    std::string lock_path;  // the apply lock
  };
  RunKeeper(EventLoop& loop, Background& background, RunStarter& starter, RunMonitor& monitor,
            Options options);
  RunKeeper(const RunKeeper&) = delete;
  RunKeeper& operator=(const RunKeeper&) = delete;

  // A run that we asked for: starts its worker, and again when that fails.
  void adopt(history::RunId id);
  // Looks after all open runs now, and again from time to time while there are any.
  void look();
  [[nodiscard]] std::uint64_t recoveries() const noexcept { return recoveries_; }

 private:
  struct Try {
    unsigned count = 0;
    std::chrono::steady_clock::time_point last;
  };

  void start(history::RunId id, Care care);

  EventLoop& loop_;
  Background& background_;
  RunStarter& starter_;
  RunMonitor& monitor_;
  Options options_;
  std::set<history::RunId> ours_;
  std::map<history::RunId, Try> tries_;
  std::uint64_t recoveries_ = 0;
  EventLoop::Source timer_;
};

}  // namespace hwcsync::daemon
