#include "gitops/apply/worker.hpp"

#include "gitops/apply/activation.hpp"
#include "gitops/apply/deployment.hpp"
#include "gitops/apply/prepare.hpp"
#include "gitops/apply/recovery.hpp"
#include "gitops/apply/run_log.hpp"
#include "src/base/atomic_file.hpp"
#include "src/base/file_lock.hpp"

#include <algorithm>

#include <unistd.h>

namespace hwcsync::apply {

using history::Outcome;
using history::Retry;
using history::RunDirectory;
using history::RunState;

namespace {

std::optional<FileLock> take_lock(const WorkerContext& context) {
  make_directories(context.runtime_dir, 0755);
  return FileLock::try_lock(context.runtime_dir + "/apply.lock");
}

Preparation prepare(const WorkerContext& context, RunLog& log, const history::Request& request) {
  if (request.host != context.host) {
    throw RefusedError(ErrorText{"cannot apply",
                                 "run " + std::to_string(request.id),
                                 "it is for host '" + request.host + "', this is '" + context.host + "'",
                                 {}});
  }
  const auto halted = read_halted(context.state_dir);
  if (halted && request.operation == history::Operation::apply) {
    throw RefusedError(
        ErrorText{"cannot apply", "anything", "syncing has stopped: " + *halted,
                  "put the machine right, then: hwcsync resume; or go back: hwcsync rollback"});
  }
  log.stop_if_asked();
  return request.operation == history::Operation::rollback ? prepare_rollback(context, log, request)
                                                           : prepare_apply(context, log, request);
}

Outcome carry_out(const WorkerContext& context, RunLog& log) {
  log.enter(RunState::locked, {{"pid", ::getpid()}});
  std::optional<ActivationRecord> record;
  try {
    const auto request = log.run().request();
    if (!request) throw Error("cannot read", log.run().file("request.json"), "the request was never written");
    Preparation preparation = prepare(context, log, *request);
    if (const auto* end = std::get_if<EarlyEnd>(&preparation)) return log.finish(end->outcome, end->detail);
    record = std::get<ActivationRecord>(std::move(preparation));
    return Activation(context, log, *record).run();
  } catch (const Cancelled&) {
    return log.finish({.state = RunState::cancelled,
                       .code = "cancelled",
                       .reason = "stopped on request; nothing changed",
                       .retry = Retry::may_help});
  } catch (const std::exception& e) {
    // A journal that could not be written any more is for the next start to mend: it finds out what is true.
    if (record || history::is_terminal(log.state().value_or(RunState::locked))) throw;
    return log.finish(outcome_of_error(e));
  }
}

bool asked_by_person(const RunDirectory& run) {
  const auto request = run.request();
  return request && (request->operation == history::Operation::rollback || request->trigger.kind == "manual");
}

}  // namespace

Outcome run_worker(const WorkerContext& context, history::RunId id) {
  const RunDirectory run = RunDirectory::open(context.state_dir, id);
  if (const auto over = history::outcome_of(history::read_journal(run.journal_path()))) {
    // Its worker may have died right after the terminal line.
    if (const auto lock = take_lock(context)) follow_up(context, run);
    return *over;
  }
  const auto lock = take_lock(context);
  if (!lock) {
    // Another worker may be carrying out this very run: then its journal is not ours.
    if (!history::read_journal(run.journal_path()).empty()) {
      throw BusyError("cannot begin", "run " + std::to_string(id), "another worker carries it out");
    }
    RunLog log(context, run);
    const Outcome busy = log.finish({.state = RunState::busy,
                                     .code = "busy",
                                     .reason = "another run holds the lock; try again when it is done",
                                     .retry = Retry::may_help});
    follow_up(context, run);
    return busy;
  }
  const auto recovered = recover_locked(context, id);
  const auto own =
      std::find_if(recovered.begin(), recovered.end(), [&](const auto& one) { return one.run == id; });
  if (own != recovered.end()) return own->outcome;
  RunLog log(context, run);
  const Outcome outcome = carry_out(context, log);
  follow_up(context, run);
  // The act that syncing waited for: a person's, and one that proved the machine well.
  if (outcome.state == RunState::committed && asked_by_person(run)) clear_halted(context.state_dir);
  return outcome;
}

std::vector<Recovered> recover(const WorkerContext& context) {
  const auto lock = take_lock(context);
  if (!lock) return {};
  return recover_locked(context, 0);
}

}  // namespace hwcsync::apply
