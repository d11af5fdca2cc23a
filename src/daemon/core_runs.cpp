// The part of Core that hears of runs and of people.
#include "gitops/apply/deployment.hpp"
#include "gitops/history/database.hpp"
#include "gitops/history/deployed.hpp"
#include "gitops/source/repository.hpp"
#include "src/base/error.hpp"
#include "src/base/log.hpp"
#include "src/daemon/core.hpp"
#include "src/daemon/lock_probe.hpp"
#include "watcher/backoff.hpp"

#include <thread>
#include <utility>

namespace hwcsync::daemon {

using std::chrono::milliseconds;
using watch::TriggerKind;

void Core::run_line(history::RunId id, const history::JournalLine& line) {
  const auto found = monitor_.open().find(id);
  status_.run = Status::Run{.id = id,
                            .revision = found != monitor_.open().end() ? found->second.request.to : "",
                            .state = std::string(history::state_name(line.state))};
  log(LogLevel::debug, "run", {{"run", std::to_string(id)}, {"state", status_.run->state}});
  waiters_.line(id, line);
}

void Core::run_ended(history::RunId id, const history::Request& request, const history::Outcome& outcome) {
  const std::string state(history::state_name(outcome.state));
  status_.run.reset();
  status_.last_run = Status::Run{
      .id = id, .revision = request.to, .state = state, .code = outcome.code, .reason = outcome.reason};
  ++status_.counters.runs[state];
  log(outcome.good() ? LogLevel::info : LogLevel::error, "run ended",
      {{"run", std::to_string(id)},
       {"revision", request.to},
       {"outcome", state},
       {"reason", outcome.reason.empty() ? "-" : outcome.reason}});
  const bool retried = !steering_.retry.empty() && steering_.retry == request.to;
  const bool accepted =
      outcome.good() && !steering_.accepted_rewrite.empty() && steering_.accepted_rewrite == request.to;
  if (retried || accepted) {
    Steering steering = steering_;
    if (retried) steering.retry.clear();
    if (accepted) steering.accepted_rewrite.clear();
    try {
      steer(steering);
    } catch (const std::exception& error) {
      // Who waits must hear of the end all the same. What is used up stays used up in this process; the next
      // word of a person writes the file again.
      steering_ = steering;
      log(LogLevel::error, "cannot store steering", {{"reason", error.what()}});
    }
  }
  const auto revision = git::ObjectId::parse(request.to);
  const bool passing = outcome.retry == history::Retry::may_help ||
                       outcome.state == history::RunState::busy ||
                       outcome.state == history::RunState::cancelled;
  if (outcome.good() || !passing || !revision) {
    hold_.reset();
  } else {
    const unsigned failures = hold_ && hold_->revision == *revision ? hold_->failures + 1 : 1;
    const milliseconds wait = watch::backoff(failures, static_cast<std::uint64_t>(id));
    hold_ = Hold{*revision,
                 "run " + std::to_string(id) + " was " + state + ", tried again later: " + outcome.reason,
                 failures, std::chrono::steady_clock::now() + wait};
    if (wait < poll_.remaining()) poll_.postpone(wait);
  }
  waiters_.ended(id, request.to, outcome);
  check_after_run();
}

// The terminal line is the commit point; deployed.json and the lock follow it. Looking again before the
// worker is gone would see the old revision.
void Core::check_after_run() {
  ++rechecks_pending_;
  background_.submit([this, lock = settings_.runtime_dir + "/apply.lock"]() -> Background::Completion {
    const auto deadline = std::chrono::steady_clock::now() + milliseconds(10'000);
    try {
      while (lock_holder(lock) && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::sleep_for(milliseconds(5));
      }
    } catch (const std::exception& error) {
      log(LogLevel::warning, "cannot probe lock", {{"path", lock}, {"reason", error.what()}});
    }
    return [this] {
      --rechecks_pending_;
      check({.kind = TriggerKind::poll, .source = "end of a run", .at = std::chrono::steady_clock::now()});
    };
  });
}

void Core::sync(SyncSink sink, SyncWaiters::Wait wait) {
  // A check under way may have fetched before the caller asked.
  waiters_.add(std::move(sink), wait, check_number_ + 1);
  trigger({.kind = TriggerKind::manual, .source = "control socket", .at = std::chrono::steady_clock::now()});
}

void Core::steer(const Steering& steering) {
  write_steering(settings_.state_dir, steering);
  steering_ = steering;
}

void Core::suspend(const std::string& reason, const std::string& who) {
  Steering steering = steering_;
  steering.suspended = Suspension{.reason = reason, .who = who, .since = seams_.clock.now()};
  steer(steering);
  log(LogLevel::info, "suspended", {{"who", who}, {"reason", reason}});
}

void Core::resume() {
  Steering steering = steering_;
  steering.suspended.reset();
  apply::clear_halted(settings_.state_dir);
  steer(steering);
  log(LogLevel::info, "resumed");
  trigger({.kind = TriggerKind::manual, .source = "resume", .at = std::chrono::steady_clock::now()});
}

std::string Core::full_revision(const std::string& revision) const {
  if (revision.empty() && !status_.head.empty()) return status_.head;
  return git::Repository::init_bare(settings_.mirror()).require(revision).hex();
}

void Core::retry(const std::string& revision) {
  Steering steering = steering_;
  steering.retry = full_revision(revision);
  steer(steering);
  verdict_.reset();
  hold_.reset();
  log(LogLevel::info, "retry", {{"revision", steering_.retry}});
  trigger({.kind = TriggerKind::manual, .source = "retry", .at = std::chrono::steady_clock::now()});
}

void Core::accept_rewrite(const std::string& revision) {
  Steering steering = steering_;
  steering.accepted_rewrite = full_revision(revision);
  steer(steering);
  log(LogLevel::info, "rewrite accepted", {{"revision", steering_.accepted_rewrite}});
  trigger({.kind = TriggerKind::manual, .source = "accept-rewrite", .at = std::chrono::steady_clock::now()});
}

Status Core::status() const {
  Status out = status_;
  out.host = settings_.host;
  out.url = settings_.repository.url;
  out.branch = settings_.repository.branch;
  out.poll_interval_ms = settings_.poll_interval.count();
  out.next_poll_ms = poll_.remaining().count();
  out.suspended = steering_.suspended;
  out.counters.recoveries = keeper_.recoveries();
  if (source_) {
    out.watching = source_->watching();
    out.counters.ref_events = source_->counters().events;
    out.counters.ref_overflows = source_->counters().overflows;
  }
  if (!out.run && !monitor_.open().empty()) {
    const auto& [id, run] = *monitor_.open().rbegin();
    out.run = Status::Run{.id = id, .revision = run.request.to, .state = "requested"};
  }
  return out;
}

std::vector<history::RunRow> Core::runs(std::size_t limit) const {
  auto ids = history::RunDirectory::list(settings_.state_dir);
  std::vector<history::RunRow> out;
  for (auto id = ids.rbegin(); id != ids.rend() && out.size() < limit; ++id) {
    out.push_back(history::row_of(history::RunDirectory::open(settings_.state_dir, *id)));
  }
  return out;
}

}  // namespace hwcsync::daemon
