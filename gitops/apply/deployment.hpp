#pragma once

#include "gitops/apply/context.hpp"
#include "gitops/apply/run_log.hpp"
#include "gitops/history/deployed.hpp"
#include "gitops/source/repository.hpp"

#include <optional>
#include <string>

namespace hwcsync::apply {

// What is deployed on this host, from the ref (which decides) and deployed.json.
struct Deployment {
  git::ObjectId generated;
  git::ObjectId revision;  // its parent
  std::optional<history::Deployed> record;
};

// Nothing before the first good run.
[[nodiscard]] std::optional<Deployment> current_deployment(const WorkerContext& context,
                                                           const git::Repository& mirror);

// Where the machine stands to what was deployed: as it should; the same system runs, but the next boot would
// start another one (it was staged for a reboot, or switched to by hand with `boot`); another system runs.
enum class Drift { none, boot, system };
// Without a record nobody can tell: none.
[[nodiscard]] Drift drift_of(const WorkerContext& context, const Deployment& deployment);

// What follows from a run's terminal line: refs, deployed.json, the database row, old secrets, garbage
// collector roots and containers of stacks that are gone. Takes all it does from the journal, so that
// recovery can do it again. Never throws for a run that is over: what could not be done is told in a log line
// and done at the next start.
void follow_up(const WorkerContext& context, const history::RunDirectory& run);

// Puts refs/hwcsync/generated/<host> where refs/hwcsync/deployed/<host> is, or removes it.
void restore_generated_ref(const WorkerContext& context);

// Where rollback failed, syncing stops until a person acts: <state>/halted, JSON
// {"version":1,"run":N,"reason":"..."}.
void write_halted(const WorkerContext& context, history::RunId run, const std::string& reason);
// The reason and the way out; nothing when syncing goes on. A file that cannot be read halts as well.
[[nodiscard]] std::optional<std::string> read_halted(const std::string& state_dir);
// A person has acted.
void clear_halted(const std::string& state_dir);

}  // namespace hwcsync::apply
