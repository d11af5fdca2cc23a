#include "gitops/apply/activation.hpp"

#include "src/base/fd.hpp"
#include "src/base/text.hpp"

#include <algorithm>

#include <fcntl.h>

namespace hwcsync::apply {

using history::Outcome;
using history::Retry;
using history::RunState;

namespace {

// switch-to-configuration does not wait for its lock: the caller has to.
constexpr int kBusyAttempts = 10;
constexpr std::chrono::milliseconds kBusyPause{3'000};

// Exit statuses of switch-to-configuration and nixos-rebuild (reference: nixpkgs,
// switch-to-configuration-ng).
constexpr int kLive = 0;
constexpr int kUnitsFailed = 4;     // live all the same; the health gate says whose units
constexpr int kLockBusy = 11;       // nothing done
constexpr int kRebootNeeded = 100;  // boot entry written, nothing activated
constexpr int kDiedHalfWay = 101;   // its lists under /run let the same system go on

bool is_live(const UnitEnd& end) {
  return end.exited_with(kLive) || end.exited_with(kUnitsFailed);
}

RunFailure switch_failure(const std::string& store_path, const UnitEnd& end, const std::string& current) {
  const bool live = current == store_path;
  if (end.exited_with(kLockBusy)) {
    return {"switch-busy",
            Retry::may_help,
            {"cannot switch to", store_path, "another switch holds the lock", "try again when it is done"}};
  }
  std::string reason = end.to_string();
  if (end.exited_with(2)) reason = "an activation script failed";
  if (end.exited_with(kDiedHalfWay)) reason = "the switch died half way, twice";
  return {
      "switch-failed",
      Retry::useless,
      {"cannot switch to", store_path, reason + (live ? "; it was live already" : "; it did not become live"),
       "the run's switch.log has the details"}};
}

RunFailure not_shown(const std::string& why) {
  return {
      "secrets-not-shown",
      Retry::may_help,
      {"cannot show", "the new secrets", why,
       "nothing was switched, and the old secrets are shown; hwcsync secrets ls tells how each view stands"}};
}

}  // namespace

template <typename Work>
Outcome Activation::guarded(Work work) {
  try {
    return work();
  } catch (const std::exception& e) {
    return roll_back(outcome_of_error(e));
  }
}

// Gives a line for each user who does not see it. From `switching` on nobody asks: the health gate judges the
// new side, and there is no better place than the old one.
std::vector<std::string> Activation::flip_to(const std::string& generation) {
  if (record_.from.secrets == record_.to.secrets) return {};
  if (context_.secrets.generations().active == generation) return {};
  return context_.secrets.flip(generation);
}

void Activation::show_new_secrets() {
  std::vector<std::string> unseen;
  try {
    unseen = flip_to(record_.to.secrets);
  } catch (const Error& e) {
    throw not_shown(e.what());
  }
  if (unseen.empty()) return;
  const auto request = log_.run().request();
  if (!request || request->operation != history::Operation::rollback) throw not_shown(join(unseen, "; "));
  // Whoever goes back on purpose may do so because of this very trouble.
  log_.progress({{"not_shown", unseen}});
}

Outcome Activation::run() {
  try {
    // The last act before `switching`: units that the switch starts must see the new values.
    show_new_secrets();
    log_.enter(RunState::switching, {{"unit", log_.unit_name("switch")},
                                     {"store_path", record_.to.store_path},
                                     {"from_store_path", record_.from.store_path},
                                     {"skipped", !record_.switches}});
  } catch (const std::exception& e) {
    return withdraw(outcome_of_error(e));
  }
  return guarded([&] {
    if (record_.switches && switch_system() == Switched::staged) return stage_for_reboot();
    // A secret service that was restarted meanwhile came back with what the old system named.
    flip_to(record_.to.secrets);
    return go_on();
  });
}

UnitEnd Activation::activate(const std::string& store_path, const Invocation& invocation,
                             const std::string& purpose) {
  const TransientUnit unit{
      .name = log_.unit_name(purpose),
      .description = "hwcsync run " + std::to_string(log_.run().id()) + ": " + purpose + " to " + store_path,
      .argv = invocation.argv,
      .environment = invocation.environment,
      .directory = log_.run().path(),
      .output_file = log_.run().switch_log()};
  UnitEnd end;
  for (int attempt = 1;; ++attempt) {
    end = run_switch(unit);
    if (!end.exited_with(kLockBusy) || attempt == kBusyAttempts) break;
    log_.progress({{"waiting", "another switch holds the lock"}, {"attempt", attempt}});
    context_.clock.sleep_for(kBusyPause);
  }
  // Died or was killed: the lists that it left under /run make the same system go on where it stopped.
  const bool died = end.exited_with(kDiedHalfWay) || end.kind == UnitEnd::Kind::killed ||
                    end.kind == UnitEnd::Kind::vanished;
  if (died) {
    log_.progress({{"again", end.to_string()}});
    end = run_switch(unit);
  }
  return end;
}

UnitEnd Activation::run_switch(const TransientUnit& unit) {
  context_.system.start_transient(unit);
  const UnitEnd end = wait_for_unit(context_, unit.name, context_.deadlines.activation, Overdue::left_alone);
  if (end.kind == UnitEnd::Kind::timed_out) return end;
  // Systemd forgets with the unit how it ended; whoever comes after us has to know.
  note_end(unit.name, end);
  // A failed unit of ours must not count among the failed units that the next switch reports.
  context_.system.remove_transient(unit.name);
  return end;
}

void Activation::note_end(const std::string& unit, const UnitEnd& end) {
  log_.progress({{"ended", unit},
                 {"exited", end.kind == UnitEnd::Kind::exited},
                 {"killed", end.kind == UnitEnd::Kind::killed},
                 {"code", end.code},
                 {"result", end.result}});
}

// Only the last line counts: after another one the unit was started again.
UnitEnd Activation::noted_end(const std::string& unit) const {
  UnitEnd out{.kind = UnitEnd::Kind::vanished};
  const Json& detail = log_.lines().back().detail;
  if (detail.value("ended", "") != unit) return out;
  if (detail.value("exited", false)) out.kind = UnitEnd::Kind::exited;
  if (detail.value("killed", false)) out.kind = UnitEnd::Kind::killed;
  out.code = detail.value("code", 0);
  out.result = detail.value("result", "");
  return out;
}

Activation::Switched Activation::switch_system() {
  const std::string& wanted = record_.to.store_path;
  const UnitEnd end = activate(wanted, context_.builder.switch_command(wanted), "switch");
  if (end.exited_with(kRebootNeeded)) return Switched::staged;
  const std::string current = context_.builder.current_system();
  if (!is_live(end) || current != wanted) throw switch_failure(wanted, end, current);
  if (const std::string profile = context_.builder.profile(); profile != wanted) {
    throw RunFailure("switch-failed", Retry::useless,
                     {"cannot switch to", wanted, "it runs, but the next boot would start " + profile,
                      "the run's switch.log has the details"});
  }
  if (end.exited_with(kUnitsFailed)) log_.progress({{"exit_status", kUnitsFailed}});
  return Switched::live;
}

Outcome Activation::stage_for_reboot() {
  // What runs until the reboot is the old system, with the old secrets.
  flip_to(record_.from.secrets);
  return log_.finish(
      {.state = RunState::staged_for_reboot,
       .code = "reboot-needed",
       .reason = "the new system starts at the next boot: systemd itself changed too much to switch"},
      {{"revision", record_.to.revision},
       {"generated", record_.to.generated},
       {"store_path", record_.to.store_path},
       {"secrets_generation", record_.to.secrets}});
}

void Activation::restart_consumers() {
  std::vector<std::string> units;
  std::vector<std::string> reloaded;
  std::vector<ReloadedStack> stacks;
  for (const std::string& name : record_.rotation.units) {
    const auto status = context_.system.unit(name);
    if (!status || status->active == "inactive") continue;
    // The same invocation as before the switch: it has not seen the new values yet.
    const auto before = record_.baseline.invocations.find(name);
    if (before == record_.baseline.invocations.end() || before->second != status->invocation) continue;
    const auto in_place = record_.rotation.in_place.find(name);
    if (in_place == record_.rotation.in_place.end() || status->active != "active") {
      units.push_back(name);
    } else {
      reloaded.push_back(name);
      stacks.push_back(in_place->second);
    }
  }
  if (units.empty() && reloaded.empty()) return;
  log_.progress({{"units", units}, {"reloaded", reloaded}});
  if (!units.empty()) context_.system.restart_units(units);
  if (reloaded.empty()) return;
  const RotationLists lists(context_.runtime_dir, log_.entered(RunState::switching), stacks,
                            record_.baseline.containers);
  context_.system.reload_units(reloaded);
}

Outcome Activation::go_on() {
  if (log_.state() == RunState::switching)
    log_.enter(RunState::switched, {{"store_path", record_.to.store_path}});
  if (log_.state() == RunState::switched)
    log_.enter(RunState::restarting, {{"rotated", record_.rotation.units}});
  if (log_.state() == RunState::restarting) {
    restart_consumers();
    log_.enter(RunState::verifying);
  }
  const HealthReport report = judge_health(context_, record_);
  if (!report.healthy()) {
    return roll_back({.state = RunState::failed, .code = "unhealthy", .reason = explain(report)});
  }
  return log_.finish({.state = RunState::committed}, {{"revision", record_.to.revision},
                                                      {"generated", record_.to.generated},
                                                      {"store_path", record_.to.store_path},
                                                      {"secrets_generation", record_.to.secrets},
                                                      {"containers", report.containers},
                                                      {"probes", report.probes}});
}

std::string Activation::explain(const HealthReport& report) const {
  std::string reason = report.reason();
  const std::string evidence = report.evidence();
  if (evidence.empty()) return reason;
  const std::string path = log_.run().file("health.log");
  try {
    const Fd file = open_file(path, O_WRONLY | O_CREAT | O_APPEND, 0640);
    write_all(file.get(), evidence, path);
  } catch (const Error&) {
    // A courtesy: a full disk must not keep the run from going back.
    return reason;
  }
  if (!report.ailments.front().log.empty()) {
    reason.insert(std::min(reason.find('\n'), reason.size()),
                  " (its last lines: hwcsync log " + std::to_string(log_.run().id()) + ')');
  }
  return reason;
}

Outcome Activation::recover() {
  const RunState state = log_.state().value_or(RunState::switching);
  if (state == RunState::rolling_back) {
    const auto first = std::find_if(log_.lines().begin(), log_.lines().end(),
                                    [](const auto& line) { return line.state == RunState::rolling_back; });
    return roll_back(history::outcome_from(RunState::failed, first->detail));
  }
  return guarded([&] {
    if (state == RunState::switching) return resume_switching();
    if (context_.builder.current_system() != record_.to.store_path) {
      throw RunFailure("interrupted", Retry::may_help,
                       {"cannot finish", "the run", "it was interrupted, and another system runs now", {}});
    }
    flip_to(record_.to.secrets);
    return go_on();
  });
}

Outcome Activation::resume_switching() {
  const std::string unit = log_.unit_name("switch");
  const auto status = context_.system.unit(unit);
  UnitEnd end = noted_end(unit);
  if (status) {
    end = wait_for_unit(context_, unit, context_.deadlines.activation, Overdue::left_alone);
    if (end.kind != UnitEnd::Kind::timed_out) {
      note_end(unit, end);
      context_.system.remove_transient(unit);
    }
  }
  if (end.exited_with(kRebootNeeded)) return stage_for_reboot();
  const std::string current = context_.builder.current_system();
  // Live, and nobody says that it went wrong: the machine may even have booted into it. The health gate
  // decides.
  const bool boots = !record_.switches || context_.builder.profile() == record_.to.store_path;
  if (current == record_.to.store_path && boots && (is_live(end) || end.kind == UnitEnd::Kind::vanished)) {
    flip_to(record_.to.secrets);
    return go_on();
  }
  if (end.kind == UnitEnd::Kind::vanished) {
    throw RunFailure(
        "interrupted", Retry::may_help,
        {"cannot finish", "the switch", "it was interrupted before the new system was live", {}});
  }
  throw switch_failure(record_.to.store_path, end, current);
}

}  // namespace hwcsync::apply
