#include "gitops/apply/recovery.hpp"

#include "gitops/apply/activation.hpp"
#include "gitops/apply/deployment.hpp"
#include "gitops/apply/run_log.hpp"
#include "gitops/history/database.hpp"
#include "gitops/history/run_directory.hpp"
#include "src/base/log.hpp"

#include <filesystem>
#include <optional>

#include <sys/stat.h>

namespace hwcsync::apply {

using history::Outcome;
using history::Retry;
using history::RunDirectory;
using history::RunState;

namespace {

// A request whose worker was started and died before its first line, or was never started (power cut in
// between).
constexpr std::chrono::seconds kStartGrace{60};

Outcome interrupted() {
  return {.state = RunState::failed,
          .code = "interrupted",
          .reason = "interrupted before the switch; nothing changed",
          .retry = Retry::may_help};
}

Outcome finish_interrupted(const WorkerContext& context, const RunDirectory& run) {
  RunLog log(context, run);
  const RunState state = log.state().value_or(RunState::locked);
  const bool switching = history::is_past_switching(state);
  if (!switching) {
    for (const char* purpose : {"build", "image"}) context.system.remove_transient(log.unit_name(purpose));
  }
  if (!switching && state != RunState::baseline) return log.finish(interrupted());
  const auto stored = run.read_json(kActivationFile);
  if (!stored)
    throw Error("cannot recover", run.path(), "it was about to switch, but activation.json is missing");
  const ActivationRecord record = record_from_json(*stored);
  Activation activation(context, log, record);
  return switching ? activation.recover() : activation.withdraw(interrupted());
}

std::optional<WallTime> requested_at(const RunDirectory& run) {
  struct stat info {};
  if (::stat(run.path().c_str(), &info) != 0) return std::nullopt;
  return std::chrono::system_clock::from_time_t(info.st_mtim.tv_sec);
}

bool never_started(const WorkerContext& context, const RunDirectory& run) {
  const auto at = requested_at(run);
  if (!at || context.clock.now() - *at < kStartGrace) return false;
  const auto unit = context.system.unit("hwcsync-run-" + std::to_string(run.id()) + ".service");
  return !unit || !(unit->busy() || unit->active == "active");
}

// The machine has been restarted into a system that waited for it.
void adopt_staged(const WorkerContext& context, const RunDirectory& run, const history::JournalLine& line) {
  const std::string path = line.detail.value("store_path", "");
  const auto generated = git::ObjectId::parse(line.detail.value("generated", ""));
  if (path.empty() || !generated || context.builder.current_system() != path) return;
  const auto deployed = history::read_deployed(context.state_dir);
  if (deployed && deployed->run >= run.id()) return;
  git::Repository mirror(context.mirror());
  mirror.write_ref(git::deployed_ref(context.host), *generated);
  history::write_deployed(context.state_dir,
                          {.host = context.host,
                           .revision = line.detail.value("revision", ""),
                           .generated = generated->hex(),
                           .store_path = path,
                           .secrets_generation = line.detail.value("secrets_generation", ""),
                           .run = run.id(),
                           .at = context.clock.now()});
}

// Whether what follows from the terminal line of a good run has been done. The database row says nothing: it
// is made from the journals by anybody who opens the database.
bool is_settled(const WorkerContext& context, const RunDirectory& run, const history::JournalLine& line) {
  const auto deployed = history::read_deployed(context.state_dir);
  if (!deployed || deployed->run < run.id()) return false;
  if (deployed->run > run.id()) return true;
  const auto ref = git::Repository(context.mirror()).read_ref(git::deployed_ref(context.host));
  return ref && ref->hex() == line.detail.value("generated", "");
}

bool refs_agree(const WorkerContext& context) {
  if (!std::filesystem::exists(context.mirror())) return true;
  const git::Repository mirror(context.mirror());
  return mirror.read_ref(git::generated_ref(context.host)) ==
         mirror.read_ref(git::deployed_ref(context.host));
}

// Gives false when nothing older can be left undone.
bool repeat_follow_up(const WorkerContext& context, const RunDirectory& run, bool newest) {
  const auto lines = history::read_journal(run.journal_path());
  const auto outcome = history::outcome_of(lines);
  if (!outcome || outcome->state == RunState::busy) return true;
  if (newest && outcome->state == RunState::staged_for_reboot) adopt_staged(context, run, lines.back());
  if (outcome->state == RunState::committed || outcome->state == RunState::unchanged) {
    if (!is_settled(context, run, lines.back())) follow_up(context, run);
    return false;
  }
  const auto row = history::Database::open(context.state_dir).find(run.id());
  if (!row || row->ended.empty() ||
      (newest && outcome->state != RunState::staged_for_reboot && !refs_agree(context)))
    follow_up(context, run);
  return true;
}

void warn(history::RunId id, const std::exception& error) {
  log(LogLevel::warning, "cannot recover", {{"run", std::to_string(id)}, {"reason", error.what()}});
}

// What a crash after a terminal line may have left undone.
void repeat_follow_up(const WorkerContext& context) {
  const auto ids = RunDirectory::list(context.state_dir);
  bool newest = true;
  for (auto id = ids.rbegin(); id != ids.rend(); ++id) {
    try {
      const RunDirectory run = RunDirectory::open(context.state_dir, *id);
      if (!repeat_follow_up(context, run, newest)) break;
      const auto outcome = history::outcome_of(history::read_journal(run.journal_path()));
      newest = newest && (!outcome || outcome->state == RunState::busy);
    } catch (const std::exception& e) {
      warn(*id, e);
    }
  }
  (void)history::Database::open(context.state_dir).reconcile();
}

bool is_left_over(const WorkerContext& context, const RunDirectory& run, history::RunId own) {
  const auto lines = history::read_journal(run.journal_path());
  if (history::outcome_of(lines)) return false;
  return !lines.empty() || (run.id() != own && never_started(context, run));
}

// A run whose files cannot be used must not stand in the way of all others for ever. Past the switch nobody
// knows what runs, so a person has to look.
Outcome finish_broken(const WorkerContext& context, const RunDirectory& run, const std::exception& error) {
  RunLog log(context, run);
  Outcome out = interrupted();
  const RunState state = log.state().value_or(RunState::locked);
  if (!history::is_past_switching(state)) {
    out.reason += std::string("; then: ") + error.what();
    return log.finish(out);
  }
  out = {.state = RunState::rollback_failed,
         .code = "rollback-failed",
         .reason = std::string("the interrupted run cannot be recovered: ") + error.what()};
  write_halted(context, run.id(), out.reason);
  if (state != RunState::rolling_back) log.enter(RunState::rolling_back, history::outcome_detail(out));
  return log.finish(out);
}

Outcome finish_somehow(const WorkerContext& context, const RunDirectory& run) {
  try {
    return finish_interrupted(context, run);
  } catch (const std::exception& e) {
    warn(run.id(), e);
    return finish_broken(context, run, e);
  }
}

}  // namespace

std::vector<Recovered> recover_locked(const WorkerContext& context, history::RunId own) {
  std::vector<Recovered> out;
  for (const history::RunId id : RunDirectory::list(context.state_dir)) {
    const RunDirectory run = RunDirectory::open(context.state_dir, id);
    try {
      if (!is_left_over(context, run, own)) continue;
    } catch (const std::exception& e) {
      warn(id, e);
      continue;
    }
    const Outcome outcome = finish_somehow(context, run);
    log(LogLevel::info, "recovered",
        {{"run", std::to_string(id)}, {"outcome", std::string(history::state_name(outcome.state))}});
    follow_up(context, run);
    out.push_back({id, outcome});
  }
  repeat_follow_up(context);
  return out;
}

}  // namespace hwcsync::apply
