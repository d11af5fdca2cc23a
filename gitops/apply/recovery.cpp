#include "gitops/apply/recovery.hpp"

#include "gitops/apply/activation.hpp"
#include "gitops/apply/deployment.hpp"
#include "gitops/apply/run_log.hpp"
#include "gitops/history/database.hpp"
#include "gitops/history/run_directory.hpp"
#include "src/base/log.hpp"

#include <algorithm>
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
  if (!history::is_past_switching(log.state().value_or(RunState::locked))) {
    context.system.remove_transient(log.unit_name("build"));
    return log.finish(interrupted());
  }
  const auto stored = run.read_json(kActivationFile);
  if (!stored)
    throw Error("cannot recover", run.path(), "it began to switch, but activation.json is missing");
  const ActivationRecord record = record_from_json(*stored);
  return Activation(context, log, record).recover();
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

// What a crash after a terminal line may have left undone. The database row is written last, so a row that
// has ended says that refs and deployed.json are right.
void repeat_follow_up(const WorkerContext& context) {
  auto database = history::Database::open(context.state_dir);
  const auto ids = RunDirectory::list(context.state_dir);
  bool newest = true;
  for (auto id = ids.rbegin(); id != ids.rend(); ++id) {
    const RunDirectory run = RunDirectory::open(context.state_dir, *id);
    const auto lines = history::read_journal(run.journal_path());
    const auto outcome = history::outcome_of(lines);
    if (!outcome || outcome->state == RunState::busy) continue;
    if (newest && outcome->state == RunState::staged_for_reboot) adopt_staged(context, run, lines.back());
    newest = false;
    const auto row = database.find(*id);
    if (row && !row->ended.empty()) break;
    follow_up(context, run);
    if (outcome->state == RunState::committed || outcome->state == RunState::unchanged) break;
  }
  (void)database.reconcile();
}

}  // namespace

std::vector<Recovered> recover_locked(const WorkerContext& context, history::RunId own) {
  std::vector<Recovered> out;
  for (const history::RunId id : RunDirectory::list(context.state_dir)) {
    const RunDirectory run = RunDirectory::open(context.state_dir, id);
    const auto lines = history::read_journal(run.journal_path());
    if (history::outcome_of(lines)) continue;
    if (lines.empty() && (id == own || !never_started(context, run))) continue;
    const Outcome outcome = finish_interrupted(context, run);
    log(LogLevel::info, "recovered",
        {{"run", std::to_string(id)}, {"outcome", std::string(history::state_name(outcome.state))}});
    follow_up(context, run);
    out.push_back({id, outcome});
  }
  repeat_follow_up(context);
  return out;
}

}  // namespace hwcsync::apply
