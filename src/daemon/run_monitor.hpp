#pragma once

#include "gitops/history/run_directory.hpp"
#include "src/base/event_loop.hpp"
#include "watcher/inotify.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace hwcsync::daemon {

// A run without a terminal line.
struct OpenRun {
  history::Request request;                    // empty `to` when it could not be read
  std::optional<history::RunState> state;      // of the last line; none: the worker has not begun
  std::chrono::steady_clock::time_point seen;  // when we last learned something of it
};

// Follows the runs of this machine by inotify, whoever asked for them: new directories below <state>/runs and
// the journals of those that have not ended. Events are hints; the journals are read. Loop's thread.
class RunMonitor {
 public:
  struct Events {
    std::function<void(history::RunId, const history::JournalLine&)>
        line;  // each line once, terminal ones too
    std::function<void(history::RunId, const history::Request&, const history::Outcome&)> ended;
  };

  // Makes <state>/runs when it is not there.
  RunMonitor(EventLoop& loop, std::string state_dir, Events events);
  RunMonitor(const RunMonitor&) = delete;
  RunMonitor& operator=(const RunMonitor&) = delete;

  // Takes up the runs that are there and have not ended; those that ended before are not reported.
  void begin();
  [[nodiscard]] const std::map<history::RunId, OpenRun>& open() const noexcept { return open_; }
  // Looks at everything again; what inotify would have told is reported now.
  void rescan();
  // Looks at one run, one that was asked for this moment.
  void look(history::RunId id);

 private:
  void ready();
  void follow(history::RunId id);
  void read(history::RunId id);
  void attempt(history::RunId id, const std::function<void()>& part);

  std::string state_dir_;
  Events events_;
  watch::Inotify inotify_;
  std::map<int, history::RunId> watches_;
  std::map<history::RunId, OpenRun> open_;
  std::map<history::RunId, std::size_t> lines_read_;
  history::RunId newest_ = 0;        // all up to this one have been seen
  std::set<history::RunId> missed_;  // of them: those that could not be followed
  int runs_watch_ = -1;
  EventLoop::Source source_;
};

}  // namespace hwcsync::daemon
