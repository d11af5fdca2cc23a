#include "gitops/apply/activation.hpp"
#include "gitops/apply/deployment.hpp"

#include <algorithm>
#include <set>

namespace hwcsync::apply {

using history::Outcome;
using history::Retry;
using history::RunState;

namespace {

// Every step of a way back may be taken again, and giving up is the worst end that a run can have: a bus that
// was away for a moment must not be the reason.
constexpr int kAttempts = 3;
constexpr std::chrono::milliseconds kPause{2'000};

}  // namespace

// To the recorded store path, never to "the generation before": profile, boot entry, running system,
// generated ref and secrets return together, and the result is proved.
Outcome Activation::roll_back(const Outcome& cause) {
  Outcome out = cause;
  try {
    Json detail = history::outcome_detail(cause);
    detail["back_to"] = record_.from.store_path;
    log_.enter(RunState::rolling_back, std::move(detail));
    const std::size_t containers = go_back();
    out.state = RunState::rolled_back;
    return log_.finish(out, {{"back_to", record_.from.store_path}, {"containers_back", containers}});
  } catch (const std::exception& e) {
    out.state = RunState::rollback_failed;
    out.code = "rollback-failed";
    out.retry = Retry::useless;
    out.reason = "the rollback failed: " + std::string(e.what()) + "\nit was begun because: " + cause.reason;
    write_halted(context_, log_.run().id(), out.reason);
    return log_.finish(out, {{"back_to", record_.from.store_path}});
  }
}

Outcome Activation::withdraw(const Outcome& cause) {
  for (int attempt = 1; attempt <= kAttempts; ++attempt) {
    std::string trouble;
    try {
      take_back_secrets();
    } catch (const Error& e) {
      trouble = e.what();
    }
    if (trouble.empty()) return log_.finish(cause);
    log_.progress({{"again", trouble}});
    context_.clock.sleep_for(kPause);
  }
  // "Nothing changed" would not be true. A way back tries once more, and stops all syncing where it fails.
  log_.enter(RunState::switching, {{"skipped", true}});
  return roll_back(cause);
}

// From whoever switched to another system meanwhile, and is shown the secrets of that one, nothing is taken.
void Activation::take_back_secrets() {
  if (record_.from.secrets == record_.to.secrets) return;
  if (context_.secrets.generations().active != record_.to.secrets) return;
  if (context_.builder.current_system() != record_.from.store_path) return;
  context_.secrets.flip(record_.from.secrets);
}

// Gives the number of containers that are back.
std::size_t Activation::go_back() {
  for (int attempt = 1;; ++attempt) {
    try {
      await_switches();
      flip_to(record_.from.secrets);
      return_to_old();
      restart_what_suffered();
      restore_generated_ref(context_);
      const HealthReport report = judge_return(context_, record_);
      if (report.healthy()) return report.containers;
      throw RunFailure("rollback-unhealthy", Retry::useless,
                       {"cannot bring back", record_.from.store_path, explain(report), {}});
    } catch (const RunFailure&) {
      throw;
    } catch (const Error& e) {
      if (attempt == kAttempts) throw;
      log_.progress({{"again", e.what()}});
      context_.clock.sleep_for(kPause);
    }
  }
}

// A switch that is still going on (its worker died, or its deadline passed) holds the lock and is not ours to
// interrupt half way; neither is the way back that an earlier worker began.
void Activation::await_switches() {
  for (const char* purpose : {"switch", "rollback"}) {
    const std::string unit = log_.unit_name(purpose);
    if (!context_.system.unit(unit)) continue;
    const UnitEnd end = wait_for_unit(context_, unit, context_.deadlines.activation, Overdue::left_alone);
    if (end.kind == UnitEnd::Kind::timed_out) {
      throw RunFailure("rollback-failed", Retry::useless,
                       {"cannot switch back to", record_.from.store_path, unit + " does not end",
                        "see what it waits for: systemctl status " + unit});
    }
    context_.system.remove_transient(unit);
  }
}

void Activation::return_to_old() {
  const std::string& old = record_.from.store_path;
  if (!record_.switches) return;
  if (context_.builder.profile() != old) context_.builder.set_profile(old);
  // Always the whole switch, also when the old system is still the current one: a switch that died early has
  // stopped units, and activating the old system starts them again.
  UnitEnd end = activate(old, context_.builder.activate_command(old, "switch"), "rollback");
  const std::string current = context_.builder.current_system();
  const bool live = end.exited_with(0) || end.exited_with(4);
  if (current != old || !live) {
    throw RunFailure("rollback-failed", Retry::useless,
                     {"cannot switch back to", old,
                      end.to_string() + (current == old ? "" : "; " + current + " is the current system"),
                      "see the run's switch.log, then: " + old + "/bin/switch-to-configuration switch"});
  }
  if (const std::string profile = context_.builder.profile(); profile != old) {
    throw RunFailure("rollback-failed", Retry::useless,
                     {"cannot set the system profile to", old, "it points to " + profile, {}});
  }
}

// A switch only touches units whose files differ: one that the bad system wedged stays wedged behind an equal
// file.
void Activation::restart_what_suffered() {
  std::set<std::string> units;
  for (const std::string& unit : newly_failed(context_, record_)) units.insert(unit);
  if (record_.from.secrets != record_.to.secrets) {
    const bool reloaded = log_.entered(RunState::restarting) != WallTime{};
    for (const std::string& unit : record_.rotation.units) {
      const auto before = record_.baseline.invocations.find(unit);
      const auto now = context_.system.unit(unit);
      if (before == record_.baseline.invocations.end() || !now) continue;
      // A reload leaves no trace in the unit; what stood still then has not been reloaded.
      const bool in_place = reloaded && record_.rotation.in_place.contains(unit) && now->active != "inactive";
      if (now->invocation != before->second || in_place) units.insert(unit);
    }
  }
  for (const TouchedStack& stack : record_.touched) {
    const auto& before = record_.baseline.containers;
    const auto now = context_.containers.containers(stack.account);
    const bool missing = std::any_of(before.begin(), before.end(), [&](const ContainerStatus& was) {
      if (was.stack != stack.name || was.state != "running") return false;
      const auto found = std::find_if(now.begin(), now.end(),
                                      [&](const ContainerStatus& is) { return is.name == was.name; });
      return found == now.end() || found->state != "running" || found->health == "unhealthy";
    });
    if (missing) units.insert(stack.units.begin(), stack.units.end());
  }
  std::vector<std::string> known;
  for (const std::string& unit : units) {
    if (context_.system.unit(unit)) known.push_back(unit);
  }
  if (known.empty()) return;
  log_.progress({{"restarting", known}});
  try {
    context_.system.restart_units(known);
  } catch (const Error& e) {
    // Whether that matters, the proof tells: it looks at what ran before.
    log_.progress({{"not_restarted", e.what()}});
  }
}

}  // namespace hwcsync::apply
