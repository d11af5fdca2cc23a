#pragma once

#include "src/base/clock.hpp"
#include "src/base/event_loop.hpp"
#include "src/base/process.hpp"
#include "src/daemon/background.hpp"
#include "src/daemon/checker.hpp"
#include "src/daemon/run_keeper.hpp"
#include "src/daemon/run_monitor.hpp"
#include "src/daemon/run_starter.hpp"
#include "src/daemon/source_watch.hpp"
#include "src/daemon/status.hpp"
#include "src/daemon/sync_waiters.hpp"
#include "watcher/poll_timer.hpp"
#include "watcher/trigger.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace hwcsync::daemon {

struct CoreSeams {
  ProcessRunner& runner;  // used on the background thread
  RunStarter& starter;    // used on the background thread
  const Clock& clock;
  Planner planner;
};

// The daemon without its sockets: trigger -> check -> plan -> run, and what became of it.
//
//   idle --trigger--> checking --nothing|refuse--> idle
//                        |--plan--> requesting --> idle, with a run under way that the monitor follows
//                        |--wait--> idle; the run under way is asked to stop when it has not begun to switch
//   a run ends ------> checking (a newer head may wait), later when it failed for a passing reason
//
// A trigger during a check makes one more check after it. No error ends it: the state says why. Loop's
// thread.
class Core {
 public:
  Core(EventLoop& loop, settings::Settings settings, CoreSeams seams);
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  // Takes up the runs that are open, and recovers those that a crash left so.
  void begin();
  // begin(), and looks at the branch for the first time.
  void start();
  void trigger(watch::Trigger trigger);
  void reload(settings::Settings settings);

  void sync(SyncSink sink, SyncWaiters::Wait wait);
  void suspend(const std::string& reason, const std::string& who);
  void resume();
  // Tries a revision again that is quarantined or was refused. Throws Error when there is no such commit.
  void retry(const std::string& revision);
  void accept_rewrite(const std::string& revision);

  [[nodiscard]] Status status() const;
  [[nodiscard]] const std::optional<OrderedJson>& last_plan() const noexcept { return last_plan_; }
  // Newest first.
  [[nodiscard]] std::vector<history::RunRow> runs(std::size_t limit) const;
  // Nothing is being done and nothing is about to be.
  [[nodiscard]] bool settled() const;

 private:
  void check(watch::Trigger trigger);
  CheckInput input_for(const watch::Trigger& trigger) const;
  void checked(const watch::Trigger& trigger, const CheckResult& result);
  void note(const CheckResult& result);
  void request_run(const watch::Trigger& trigger, const CheckResult& result);
  void requested(const CheckResult& result, history::RunId id, const std::string& failure);
  void finish_check(const CheckResult& result, std::optional<history::RunId> run);
  // Does a step of the check that came to this result. One that throws ends the check with its reason, so
  // that the next can begin.
  void go_on(const CheckResult& result, const std::function<void()>& step);
  void replace_run();
  void run_line(history::RunId id, const history::JournalLine& line);
  void run_ended(history::RunId id, const history::Request& request, const history::Outcome& outcome);
  void check_after_run();
  void steer(const Steering& steering);
  std::string full_revision(const std::string& revision) const;

  EventLoop& loop_;
  settings::Settings settings_;
  CoreSeams seams_;
  Checker checker_;
  Steering steering_;
  RunMonitor monitor_;
  RunKeeper keeper_;
  std::unique_ptr<SourceWatch> source_;
  watch::PollTimer poll_;
  SyncWaiters waiters_;

  enum class Phase { idle, checking };
  Phase phase_ = Phase::idle;
  std::uint64_t check_number_ = 0;
  std::optional<watch::Trigger> again_;
  int rechecks_pending_ = 0;
  std::optional<PlanVerdict> verdict_;
  struct Hold {
    git::ObjectId revision;
    std::string reason;
    unsigned failures = 0;
    std::chrono::steady_clock::time_point until;
  };
  std::optional<Hold> hold_;
  std::optional<OrderedJson> last_plan_;
  std::string
      last_told_;  // what was logged of the last check, so that a state is told once and not with every poll
  Status status_;
  // Last, so that its thread has ended before anything that it uses goes.
  Background background_;
};

}  // namespace hwcsync::daemon
