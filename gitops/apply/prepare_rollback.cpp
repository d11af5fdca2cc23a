#include "gitops/apply/deployment.hpp"
#include "gitops/apply/preparation_steps.hpp"
#include "gitops/apply/prepare.hpp"
#include "gitops/history/database.hpp"
#include "gitops/history/quarantine.hpp"
#include "gitops/plan/plan.hpp"

#include <algorithm>

namespace hwcsync::apply {

using history::RunState;

namespace {

RefusedError cannot_go_back(const std::string& where, const std::string& why) {
  return RefusedError(ErrorText{"cannot go back to", where, why, "hwcsync history lists the runs"});
}

// The run that left what is deployed.
std::optional<history::RunRow> deployed_run(const history::Database& database, const Deployment& deployment) {
  return deployment.record ? database.find(deployment.record->run) : std::nullopt;
}

// The system that the newest good run before the deployed one left, unless it has been left on purpose since.
history::RunRow previous_good(const history::Database& database, const Deployment& deployment) {
  const history::RunId now = deployment.record ? deployment.record->run : 0;
  for (history::RunRow& row : database.list(history::kRunsKept)) {
    if (now != 0 && row.id >= now) continue;
    if (row.state != "committed" && row.state != "unchanged") continue;
    if (row.to_rev == deployment.revision.hex() || history::is_quarantined(database, row.to_rev)) continue;
    return row;
  }
  throw cannot_go_back("the run before", "there is no earlier good run of another revision");
}

history::RunRow target_of(const history::Request& request, const history::Database& database,
                          const Deployment& deployment, bool astray) {
  if (!request.target_run) {
    auto back = astray ? deployed_run(database, deployment) : std::nullopt;
    return back ? std::move(*back) : previous_good(database, deployment);
  }
  const std::string name = "run " + std::to_string(*request.target_run);
  auto row = database.find(*request.target_run);
  if (!row) throw cannot_go_back(name, "history does not know it");
  if (row->state != "committed" && row->state != "unchanged") {
    throw cannot_go_back(name, "it ended as " + row->state + " and left no system of its own");
  }
  return *row;
}

std::set<std::string> names_of(const layout::DesiredState& desired) {
  std::set<std::string> out;
  for (const auto& [name, stack] : desired.stacks) out.insert(name);
  return out;
}

// Consumers of any secret: where nobody knows which values they have seen.
Rotation all_consumers(const layout::DesiredState& desired) {
  Rotation out;
  for (const auto& [name, stack] : desired.stacks) {
    if (stack.secrets.empty()) continue;
    for (const auto& unit : stack.units()) out.units.insert(unit_file_name(unit));
  }
  return out;
}

// What a way back touches. A deployed side that cannot be planned from (that may be why we go back) means:
// everything.
std::set<std::string> touched_by(const WorkerContext& context, const RunLog& log,
                                 const git::Repository& mirror, const Deployment& deployment,
                                 const git::ObjectId& to, const layout::DesiredState& desired,
                                 Rotation& rotation) {
  std::set<std::string> out;
  try {
    const auto plan = plan::make_plan({.repository = &mirror,
                                       .host = context.host,
                                       .from = deployment.revision,
                                       .to = to,
                                       .machine = context.machine,
                                       .acks = {},
                                       .facts = {}});
    log.run().write_json("plan.json", plan::to_json(plan));
    rotation = rotation_of(plan.secrets);
    // The start script of the system to come is as old as that: it need not know of lists.
    rotation.in_place.clear();
    if (!plan.host_change) {
      for (const auto& change : plan.changes) out.insert(change.stack);
      return out;
    }
  } catch (const Error&) {
    rotation = {};
  }
  return names_of(desired);
}

}  // namespace

Preparation prepare_rollback(const WorkerContext& context, RunLog& log, const history::Request& request) {
  git::Repository mirror(context.mirror());
  const auto deployment = current_deployment(context, mirror);
  if (!deployment) throw cannot_go_back("an earlier run", "nothing has been deployed yet");
  // After a rollback that failed, or where somebody else switched, "back" means back to what is deployed.
  const Drift drift = drift_of(context, *deployment);
  const bool halted = read_halted(context.state_dir).has_value();
  const bool astray = halted || drift != Drift::none;
  const auto target = target_of(request, history::Database::open(context.state_dir), *deployment, astray);
  const auto generated = git::ObjectId::parse(target.generated);
  const auto revision = git::ObjectId::parse(target.to_rev);
  if (!generated || !revision)
    throw cannot_go_back("run " + std::to_string(target.id), "its record is incomplete");
  log.progress({{"revision", revision->hex()},
                {"from", deployment->revision.hex()},
                {"summary", "back to run " + std::to_string(target.id) + ": " + target.summary},
                {"author", target.author},
                {"target_run", target.id}});

  layout::LoadCounters counters;
  const auto desired = layout::load_desired_state(mirror.tree(*revision), context.host, counters);
  Rotation rotation;
  const bool unknown = halted || drift == Drift::system;
  const auto touched = unknown ? names_of(desired)
                               : touched_by(context, log, mirror, *deployment, *revision, desired, rotation);
  // They are here as a rule; a way back must not need the network unless somebody pruned them.
  const ImageSet images = images_of(desired, touched);
  require_podman(context, desired, images);
  log.enter(RunState::prefetched, prefetch(context, log, images).detail());
  log.stop_if_asked();
  const StagedSecrets staged = stage_secrets(context, desired, mirror);
  log.enter(RunState::secrets_staged, {{"secrets_generation", staged.generation}});
  log.stop_if_asked();

  mirror.write_ref(git::generated_ref(context.host), *generated);
  std::string store_path = target.store_path;
  if (!context.builder.exists(store_path)) {
    // The garbage collector took it: the same commit gives the same system.
    store_path = build_system(context, log, mirror, *generated, desired.config);
    log.enter(RunState::built, {{"store_path", store_path}});
  } else {
    context.builder.add_root("run-" + std::to_string(log.run().id()), store_path);
  }

  ActivationRecord record{.from = {.store_path = context.builder.current_system(),
                                   .revision = deployment->revision.hex(),
                                   .generated = deployment->generated.hex(),
                                   .secrets = context.secrets.generations().active},
                          .to = {store_path, revision->hex(), generated->hex(), staged.generation}};
  // A rollback that failed may have left half of the very system that is current.
  record.switches = halted || record.from.store_path != store_path || context.builder.profile() != store_path;
  if (unknown && record.from.secrets != record.to.secrets) rotation = all_consumers(desired);
  for (const auto& [name, stack] : desired.stacks) {
    if (touched.count(name) != 0) record.touched.push_back(touched_stack(stack));
  }
  record.rotation = std::move(rotation);
  record.accounts = accounts_of(desired, mirror, deployment->revision);
  record.baseline = measure_baseline(context, record);
  log.run().write_json(kActivationFile, to_json(record));
  log.enter(RunState::baseline, {{"containers", record.baseline.containers.size()},
                                 {"failed_units", record.baseline.failed_units}});
  log.stop_if_asked();
  return record;
}

}  // namespace hwcsync::apply
