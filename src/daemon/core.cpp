#include "src/daemon/core.hpp"

#include "gitops/history/database.hpp"
#include "src/base/atomic_file.hpp"
#include "src/base/error.hpp"
#include "src/base/log.hpp"
#include "watcher/backoff.hpp"

#include <algorithm>
#include <utility>

namespace hwcsync::daemon {

using std::chrono::milliseconds;
using watch::TriggerKind;

namespace {

settings::Settings prepared(settings::Settings settings) {
  make_directories(settings.state_dir, 0755);
  make_directories(settings.runtime_dir, 0755);
  return settings;
}

watch::Trigger trigger_now(TriggerKind kind, std::string_view source) {
  return {.kind = kind, .source = source, .at = std::chrono::steady_clock::now()};
}

}  // namespace

Core::Core(EventLoop& loop, settings::Settings settings, CoreSeams seams)
    : loop_(loop),
      settings_(prepared(std::move(settings))),
      seams_(std::move(seams)),
      checker_(seams_.runner, seams_.planner),
      steering_(read_steering(settings_.state_dir)),
      monitor_(loop, settings_.state_dir,
               {.line = [this](history::RunId id, const history::JournalLine& line) { run_line(id, line); },
                .ended = [this](history::RunId id, const history::Request& request,
                                const history::Outcome& outcome) { run_ended(id, request, outcome); }}),
      keeper_(loop, background_, seams_.starter, monitor_,
              {.state_dir = settings_.state_dir, .lock_path = settings_.runtime_dir + "/apply.lock"}),
      poll_(loop, settings_.poll_interval,
            [this] {
              if (source_ && source_->ensure()) log(LogLevel::info, "source is back");
              trigger(trigger_now(TriggerKind::poll, "timer"));
            }),
      background_(loop) {
  status_.started = seams_.clock.now();
  reload(settings_);
}

void Core::reload(settings::Settings settings) {
  const bool other_source = !source_ || settings.repository.url != settings_.repository.url;
  // Where the state lives cannot move under a running daemon.
  settings.state_dir = settings_.state_dir;
  settings.runtime_dir = settings_.runtime_dir;
  settings_ = std::move(settings);
  if (other_source) {
    source_ = std::make_unique<SourceWatch>(loop_, settings_.repository.url, [this](SourceWatch::Time at) {
      trigger({.kind = TriggerKind::push, .source = "inotify", .at = at});
    });
  }
  verdict_.reset();
  if (poll_.interval() != settings_.poll_interval) poll_.set_interval(settings_.poll_interval);
}

void Core::begin() {
  monitor_.begin();
  keeper_.look();
}

void Core::start() {
  begin();
  trigger(trigger_now(TriggerKind::poll, "start"));
}

void Core::trigger(watch::Trigger trigger) {
  ++status_.counters.triggers[std::string(watch::trigger_name(trigger.kind))];
  log(LogLevel::debug, "trigger",
      {{"kind", std::string(watch::trigger_name(trigger.kind))}, {"source", std::string(trigger.source)}});
  check(trigger);
}

void Core::check(watch::Trigger trigger) {
  if (phase_ != Phase::idle) {
    // The check under way may have looked before this happened. A person's word outranks a timer's.
    if (!again_ || trigger.kind == TriggerKind::manual) again_ = trigger;
    return;
  }
  background_.submit([this, trigger, input = input_for(trigger)]() -> Background::Completion {
    CheckResult result;
    try {
      result = checker_.check(input);
    } catch (const std::exception& error) {
      result.decision = {Decision::Kind::refuse, "broken-state", error.what(), std::nullopt};
    }
    return [this, trigger, result = std::move(result)] { go_on(result, [&] { checked(trigger, result); }); };
  });
  // Only now: a check that could not be handed over would never end. Its result comes by this thread.
  phase_ = Phase::checking;
  ++check_number_;
  ++status_.counters.checks;
}

CheckInput Core::input_for(const watch::Trigger& trigger) const {
  CheckInput input{.settings = settings_, .trigger = trigger, .steering = steering_, .verdict = verdict_};
  if (!monitor_.open().empty()) {
    const auto& [id, run] = *monitor_.open().rbegin();
    input.under_way = "run " + std::to_string(id);
    if (run.request.operation == history::Operation::apply)
      input.applying = git::ObjectId::parse(run.request.to);
  }
  // Who asks by hand does not have to wait.
  if (hold_ && trigger.kind != TriggerKind::manual && std::chrono::steady_clock::now() < hold_->until) {
    input.hold = CheckInput::Hold{hold_->revision, hold_->reason};
  }
  return input;
}

// Status, counters and one line of log; decides nothing.
void Core::note(const CheckResult& result) {
  Counters& counters = status_.counters;
  status_.last_check = seams_.clock.now();
  if (result.fetch != CheckResult::Fetch::skipped) ++counters.fetches;
  if (result.fetch == CheckResult::Fetch::failed) {
    ++counters.fetch_failures;
    ++status_.failures_in_a_row;
  } else if (result.decision.code != "broken-state") {
    status_.last_fetch = status_.last_check;
    status_.failures_in_a_row = 0;
  }
  status_.fetch_error = result.fetch_error;
  status_.head = result.head ? result.head->hex() : "";
  status_.head_summary = result.head_summary;
  status_.deployed = result.deployed ? result.deployed->hex() : "";
  status_.decision = result.decision;
  if (result.plan) {
    ++counters.plans;
    counters.stacks_parsed += result.plan->stacks_parsed;
    last_plan_ = result.plan->json;
    status_.last_plan_ms = result.since_trigger.count();
  }
  const std::string told = result.decision.code + ' ' + status_.head + ' ' + result.decision.reason;
  if (std::exchange(last_told_, told) == told) return;
  if (result.fetch == CheckResult::Fetch::failed) {
    log(LogLevel::warning, "fetch failed", {{"reason", result.fetch_error}});
  } else if (result.decision.kind == Decision::Kind::refuse) {
    ++counters.refusals[result.decision.code];
    log(LogLevel::warning, "refused",
        {{"revision", status_.head}, {"code", result.decision.code}, {"reason", result.decision.reason}});
  }
}

void Core::checked(const watch::Trigger& trigger, const CheckResult& result) {
  note(result);
  if (result.verdict) verdict_ = result.verdict;
  switch (result.decision.kind) {
    case Decision::Kind::plan:
      log(LogLevel::info, "plan ready",
          {{"revision", result.head->hex()},
           {"plan", result.plan->id},
           {"trigger", std::string(watch::trigger_name(trigger.kind))},
           {"stacks_parsed", std::to_string(result.plan->stacks_parsed)},
           {"ms", std::to_string(result.since_trigger.count())}});
      request_run(trigger, result);
      return;
    case Decision::Kind::wait:
      replace_run();
      break;
    case Decision::Kind::nothing:
    case Decision::Kind::refuse:
      break;
  }
  if (result.fetch == CheckResult::Fetch::failed || result.decision.code == "broken-state") {
    const unsigned failures = std::max(status_.failures_in_a_row, 1U);
    poll_.postpone(
        watch::backoff(failures, static_cast<std::uint64_t>(status_.started.time_since_epoch().count())));
  }
  std::optional<history::RunId> run;
  CheckResult told = result;
  if (result.decision.code == "applying") {
    if (!monitor_.open().empty()) {
      run = monitor_.open().rbegin()->first;
    } else {
      told.decision.kind = Decision::Kind::wait;  // it ended this moment; the check after it says how
    }
  }
  finish_check(told, run);
}

void Core::request_run(const watch::Trigger& trigger, const CheckResult& result) {
  const bool retry = steering_.retry == result.head->hex();
  history::Request request{.host = settings_.host,
                           .from = result.deployed ? result.deployed->hex() : "",
                           .to = result.head->hex(),
                           .trigger = {.kind = retry ? "retry"
                                               : trigger.kind == TriggerKind::manual
                                                   ? "sync"
                                                   : std::string(watch::trigger_name(trigger.kind)),
                                       .who = result.head_author},
                           .operation = history::Operation::apply};
  background_.submit([this, result, request, state_dir = settings_.state_dir]() -> Background::Completion {
    history::RunId id = 0;
    std::string failure;
    try {
      id = history::RunDirectory::allocate(state_dir, request).id();
    } catch (const std::exception& error) {
      failure = error.what();
    }
    return [this, result, id, failure] { go_on(result, [&] { requested(result, id, failure); }); };
  });
}

// The run has its directory. Who waits is bound to it before its worker starts: a short run is over soon.
void Core::requested(const CheckResult& result, history::RunId id, const std::string& failure) {
  if (id == 0) {
    log(LogLevel::error, "cannot request run", {{"revision", result.head->hex()}, {"reason", failure}});
    CheckResult failed = result;
    failed.decision = {Decision::Kind::refuse, "cannot-start", failure, result.head};
    status_.decision = failed.decision;
    finish_check(failed, std::nullopt);
    return;
  }
  ++status_.counters.runs_requested;
  log(LogLevel::info, "run requested", {{"run", std::to_string(id)}, {"revision", result.head->hex()}});
  try {
    monitor_.look(id);
  } catch (const std::exception&) {
    // It was asked for, so it starts, although we cannot follow it.
    keeper_.adopt(id);
    throw;
  }
  keeper_.adopt(id);
  finish_check(result, id);
}

void Core::finish_check(const CheckResult& result, std::optional<history::RunId> run) {
  waiters_.checked(check_number_, result, run);
  phase_ = Phase::idle;
  if (auto next = std::exchange(again_, std::nullopt)) check(*next);
}

void Core::go_on(const CheckResult& result, const std::function<void()>& step) {
  try {
    step();
  } catch (const std::exception& error) {
    log(LogLevel::error, "check broke off", {{"revision", status_.head}, {"reason", error.what()}});
    // It had ended, and what failed came after it.
    if (phase_ == Phase::idle) return;
    CheckResult failed = result;
    failed.decision = {Decision::Kind::refuse, "broken-state", error.what(), result.head};
    status_.decision = failed.decision;
    finish_check(failed, std::nullopt);
  }
}

// Newer commits replace waiting ones: a run that the daemon asked for is stopped while that is harmless. The
// worker looks for the file between its steps and no longer once it switches.
void Core::replace_run() {
  if (monitor_.open().empty()) return;
  const auto& [id, run] = *monitor_.open().rbegin();
  const std::string& kind = run.request.trigger.kind;
  const bool by_daemon = kind == "push" || kind == "poll" || kind == "sync" || kind == "webhook";
  if (!by_daemon || run.request.operation != history::Operation::apply) return;
  if (run.state && history::is_past_switching(*run.state)) return;
  const auto directory = history::RunDirectory::open(settings_.state_dir, id);
  if (directory.cancel_requested()) return;
  log(LogLevel::info, "replacing run", {{"run", std::to_string(id)}, {"by", status_.head}});
  directory.request_cancel();
}

bool Core::settled() const {
  return phase_ == Phase::idle && !again_ && rechecks_pending_ == 0 && monitor_.open().empty();
}

}  // namespace hwcsync::daemon
