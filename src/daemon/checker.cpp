#include "src/daemon/checker.hpp"

#include "gitops/apply/deployment.hpp"
#include "gitops/history/deployed.hpp"
#include "gitops/history/quarantine.hpp"
#include "gitops/source/fetch.hpp"
#include "src/base/error.hpp"
#include "watcher/local_repository.hpp"

#include <filesystem>
#include <utility>

namespace hwcsync::daemon {
namespace {

// A local source is asked by reading its ref: no process for a check that finds nothing new. Nothing when it
// has to be fetched to know (a remote, or a format that libgit2 does not read).
std::optional<git::ObjectId> local_head(const settings::RepositorySource& source) {
  const auto path = watch::local_path(source.url);
  const auto directory = path ? watch::git_directory(*path) : std::nullopt;
  if (!directory) return std::nullopt;
  try {
    return git::Repository(*directory).read_ref("refs/heads/" + source.branch);
  } catch (const git::GitError&) {
    return std::nullopt;
  }
}

Line line_of(const git::Repository& mirror, const std::optional<git::ObjectId>& deployed,
             const std::optional<git::ObjectId>& head) {
  if (!head || !deployed) return Line::first;
  if (*head == *deployed) return Line::same;
  // A deployed commit that the mirror lost cannot be shown to be an ancestor.
  if (!mirror.resolve(deployed->hex())) return Line::rewritten;
  return mirror.is_ancestor(*deployed, *head) ? Line::descends : Line::rewritten;
}

// The ref decides; deployed.json is its copy for people who may not read the mirror.
std::optional<git::ObjectId> deployed_revision(const git::Repository& mirror,
                                               const settings::Settings& settings) {
  if (const auto generated = mirror.read_ref(git::deployed_ref(settings.host))) {
    const git::CommitInfo commit = mirror.commit(*generated);
    if (!commit.parents.empty()) return commit.parents.front();
  }
  const auto deployed = history::read_deployed(settings.state_dir);
  return deployed ? git::ObjectId::parse(deployed->revision) : std::nullopt;
}

}  // namespace

std::optional<std::string> staged_reason(const std::vector<history::RunRow>& rows,
                                         const std::string& current_system) {
  for (const history::RunRow& row : rows) {
    if (row.ended.empty() || row.state == "busy" || row.state == "cancelled") continue;
    // Once it runs, a worker takes it over as deployed.
    if (row.state != "staged-for-reboot" || row.store_path == current_system) return std::nullopt;
    return "run " + std::to_string(row.id) + " staged it: it starts with the next boot";
  }
  return std::nullopt;
}

void Checker::fetch(const CheckInput& input, const git::Repository& mirror, CheckResult& out) {
  const settings::Settings& settings = input.settings;
  const std::string tracking = "refs/remotes/origin/" + settings.repository.branch;
  const auto known = mirror.read_ref(tracking);
  if (const auto head = local_head(settings.repository); head && head == known) return;
  try {
    git::fetch(runner_, {.mirror = settings.mirror(),
                         .remote = settings.repository.url,
                         .deadline = settings.deadlines.fetch,
                         .scratch = settings.state_dir + "/git"});
    out.fetch = CheckResult::Fetch::done;
  } catch (const Error& error) {
    out.fetch = CheckResult::Fetch::failed;
    out.fetch_error = error.what();
  }
}

void Checker::plan(const CheckInput& input, const git::Repository& mirror, CheckResult& out) {
  const git::ObjectId revision = *out.decision.revision;
  const auto refuse = [&](std::string code, std::string reason) {
    out.verdict = PlanVerdict{revision, out.deployed, code, reason};
    out.decision = {Decision::Kind::refuse, std::move(code), std::move(reason), revision};
  };
  try {
    out.plan = planner_(mirror, input.settings.host, out.deployed, revision);
  } catch (const ConfigError& error) {
    refuse("bad-revision", error.what());
    return;
  } catch (const Error& error) {
    refuse("cannot-plan", error.what());
    return;
  }
  if (!out.plan->refusal_code.empty()) refuse(out.plan->refusal_code, out.plan->refusal);
}

CheckResult Checker::check(const CheckInput& input) {
  const settings::Settings& settings = input.settings;
  CheckResult out;
  const git::Repository mirror = git::Repository::init_bare(settings.mirror());
  fetch(input, mirror, out);
  out.head = mirror.read_ref("refs/remotes/origin/" + settings.repository.branch);
  out.deployed = deployed_revision(mirror, settings);
  if (out.head) {
    const git::CommitInfo commit = mirror.commit(*out.head);
    out.head_summary = commit.summary;
    out.head_author = commit.author;
  }
  if (out.fetch == CheckResult::Fetch::failed) {
    // What was fetched before is not acted on: nobody knows whether it still stands.
    out.decision = {Decision::Kind::nothing, "fetch-failed", out.fetch_error, out.head};
    return out;
  }
  Situation situation{.branch = settings.repository.branch,
                      .head = out.head,
                      .deployed = out.deployed,
                      .line = line_of(mirror, out.deployed, out.head),
                      .under_way = input.under_way,
                      .applying = input.applying,
                      .verdict = input.verdict,
                      .retry = git::ObjectId::parse(input.steering.retry),
                      .accepted = git::ObjectId::parse(input.steering.accepted_rewrite)};
  if (input.hold && input.hold->revision == out.head) situation.backing_off = input.hold->reason;
  if (input.steering.suspended) situation.suspended = input.steering.suspended->reason;
  // A run that staged its system has moved the one and left the other.
  situation.other_boots = out.deployed && mirror.read_ref(git::generated_ref(settings.host)) !=
                                              mirror.read_ref(git::deployed_ref(settings.host));
  if (out.head && (situation.line != Line::same || situation.other_boots)) {
    auto database = history::Database::open(settings.state_dir);
    // The journals are what is true; a worker that was killed has not written its row.
    database.reconcile();
    situation.halted = apply::read_halted(settings.state_dir);
    if (auto found = history::quarantine_of(database, out.head->hex())) situation.quarantined = found->reason;
    std::error_code missing;
    const auto system = std::filesystem::canonical("/run/current-system", missing);
    situation.staged = staged_reason(database.runs_of(out.head->hex()), system.string());
  }
  out.decision = decide(situation);
  if (out.decision.kind == Decision::Kind::plan) plan(input, mirror, out);
  out.since_trigger = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                                            input.trigger.at);
  return out;
}

}  // namespace hwcsync::daemon
