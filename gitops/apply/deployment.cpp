#include "gitops/apply/deployment.hpp"

#include "gitops/apply/departed.hpp"
#include "gitops/history/database.hpp"
#include "src/base/atomic_file.hpp"
#include "src/base/log.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <functional>
#include <set>

#include <unistd.h>

namespace hwcsync::apply {
namespace {

using history::RunState;

constexpr std::size_t kRootsKept = 10;

// One part of the follow-up; the others must not suffer from its failure.
void attempt(const char* what, const std::function<void()>& part) {
  try {
    part();
  } catch (const std::exception& e) {
    log(LogLevel::warning, "put off", {{"what", what}, {"reason", e.what()}});
  }
}

std::string text_at(const Json& detail, const char* key) {
  return detail.contains(key) && detail[key].is_string() ? detail[key].get<std::string>() : std::string();
}

void move_deployed(const WorkerContext& context, history::RunId run, const history::JournalLine& line) {
  const auto generated = git::ObjectId::parse(text_at(line.detail, "generated"));
  if (!generated) return;
  const auto known = history::read_deployed(context.state_dir);
  if (known && known->run > run) return;
  git::Repository mirror(context.mirror());
  mirror.write_ref(git::generated_ref(context.host), *generated);
  mirror.write_ref(git::deployed_ref(context.host), *generated);
  history::write_deployed(context.state_dir,
                          {.host = context.host,
                           .revision = text_at(line.detail, "revision"),
                           .generated = generated->hex(),
                           .store_path = text_at(line.detail, "store_path"),
                           .secrets_generation = text_at(line.detail, "secrets_generation"),
                           .run = run,
                           .at = line.at});
}

// Keeps what runs and what the last good run replaced; a rollback needs no more than these two, anything
// older can be staged again from Git.
void drop_old_secrets(const WorkerContext& context, const std::vector<history::RunRow>& rows) {
  const auto generations = context.secrets.generations();
  std::set<std::string> keep{generations.active};
  std::size_t good = 0;
  for (const auto& row : rows) {
    if (!row.ended_well()) continue;
    keep.insert(row.secrets_generation);
    if (row.state == "committed" && ++good == 2) break;
  }
  for (const std::string& one : generations.staged) {
    // Each for itself: one that is in use must not keep the others.
    if (keep.count(one) == 0) attempt("old secrets", [&] { context.secrets.drop(one); });
  }
}

void drop_old_roots(const WorkerContext& context, const std::vector<history::RunRow>& rows) {
  const auto deployed = history::read_deployed(context.state_dir);
  const history::RunId now = deployed ? deployed->run : 0;
  std::set<std::string> keep{"run-" + std::to_string(now)};
  std::size_t good = 0;
  for (const auto& row : rows) {
    // Runs that changed nothing are many and hold no system of their own.
    const bool system = row.state == "committed" && ++good <= kRootsKept;
    const bool coming = row.ended.empty() || (row.state == "staged-for-reboot" && row.id > now);
    if (system || coming) keep.insert("run-" + std::to_string(row.id));
  }
  for (const std::string& root : context.builder.roots()) {
    if (root.rfind("run-", 0) == 0 && keep.count(root) == 0) context.builder.remove_root(root);
  }
}

}  // namespace

std::optional<Deployment> current_deployment(const WorkerContext& context, const git::Repository& mirror) {
  const auto generated = mirror.read_ref(git::deployed_ref(context.host));
  if (!generated) return std::nullopt;
  const auto parents = mirror.commit(*generated).parents;
  if (parents.empty()) {
    throw Error(ErrorText{
        "cannot use", git::deployed_ref(context.host), "the commit it names has no parent",
        "it was not written by hwcsync; delete the ref in " + context.mirror() + " and apply again"});
  }
  Deployment out{.generated = *generated, .revision = parents.front(), .record = std::nullopt};
  auto record = history::read_deployed(context.state_dir);
  if (record && record->generated == generated->hex()) out.record = std::move(record);
  return out;
}

Drift drift_of(const WorkerContext& context, const Deployment& deployment) {
  if (!deployment.record) return Drift::none;
  const std::string& wanted = deployment.record->store_path;
  if (context.builder.current_system() != wanted) return Drift::system;
  return context.builder.profile() == wanted ? Drift::none : Drift::boot;
}

void restore_generated_ref(const WorkerContext& context) {
  git::Repository mirror(context.mirror());
  const auto deployed = mirror.read_ref(git::deployed_ref(context.host));
  const auto generated = mirror.read_ref(git::generated_ref(context.host));
  if (deployed == generated) return;
  if (deployed) {
    mirror.write_ref(git::generated_ref(context.host), *deployed);
  } else {
    mirror.delete_ref(git::generated_ref(context.host));
  }
}

void follow_up(const WorkerContext& context, const history::RunDirectory& run) {
  const auto lines = history::read_journal(run.journal_path());
  const auto outcome = history::outcome_of(lines);
  if (!outcome) return;
  const RunState state = outcome->state;
  if (state == RunState::committed || state == RunState::unchanged) {
    attempt("deployed ref", [&] { move_deployed(context, run.id(), lines.back()); });
  } else if (state == RunState::failed || state == RunState::cancelled || state == RunState::rolled_back) {
    // A busy run has touched nothing, and the ref may be in use by the run that is going on.
    attempt("generated ref", [&] {
      if (std::filesystem::exists(context.mirror())) restore_generated_ref(context);
    });
  }
  if (state == RunState::committed || state == RunState::unchanged || state == RunState::rolled_back) {
    // The service knows what the running system names, which is never dropped, from when it last looked.
    attempt("recorded secrets", [&] { context.secrets.reload(); });
  }
  if (state == RunState::committed || state == RunState::rolled_back)
    attempt("containers of stacks that are gone", [&] { remove_departed(context, run); });
  attempt("history", [&] {
    auto database = history::Database::open(context.state_dir);
    database.upsert(history::row_of(run));
    if (state == RunState::busy) return;
    const auto rows = database.list(history::kRunsKept);
    attempt("old secrets", [&] { drop_old_secrets(context, rows); });
    attempt("old roots", [&] { drop_old_roots(context, rows); });
    const auto deployed = history::read_deployed(context.state_dir);
    database.prune(history::kRunsKept, deployed ? std::vector{deployed->run} : std::vector<history::RunId>{});
  });
}

void write_halted(const WorkerContext& context, history::RunId run, const std::string& reason) {
  AtomicFile out(context.state_dir + "/halted", 0640);
  out.write(canonical_json(Json{{"version", 1}, {"run", run}, {"reason", reason}}) + '\n');
  out.commit();
}

std::optional<std::string> read_halted(const std::string& state_dir) {
  const std::string path = state_dir + "/halted";
  constexpr const char* kWayOut = "; look at the machine, then: hwcsync resume";
  try {
    const Json value = parse_json(read_file(path, 1U << 20U), path);
    return "run " + std::to_string(value.at("run").get<std::int64_t>()) +
           " could not be rolled back: " + value.at("reason").get<std::string>() + kWayOut;
  } catch (const SystemError& error) {
    if (error.code() == ENOENT) return std::nullopt;
    return std::string(error.what()) + kWayOut;
  } catch (const std::exception& error) {
    return "a rollback failed and " + path + " cannot be read: " + error.what() + kWayOut;
  }
}

void clear_halted(const std::string& state_dir) {
  const std::string path = state_dir + "/halted";
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) throw_errno("cannot remove", path);
}

}  // namespace hwcsync::apply
