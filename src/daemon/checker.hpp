#pragma once

#include "gitops/history/database.hpp"
#include "gitops/source/repository.hpp"
#include "src/base/json.hpp"
#include "src/base/process.hpp"
#include "src/daemon/decision.hpp"
#include "src/daemon/steering.hpp"
#include "src/settings/settings.hpp"
#include "watcher/trigger.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace hwcsync::daemon {

// What the daemon needs to know of a plan. The worker makes its own, with the facts of the secret service.
struct PlannedRevision {
  std::string id;
  OrderedJson json;  // docs/formats.md, plan
  std::size_t stacks_parsed = 0;
  std::string refusal_code;  // empty: may be applied
  std::string refusal;
};
using Planner =
    std::function<PlannedRevision(const git::Repository& mirror, const std::string& host,
                                  const std::optional<git::ObjectId>& from, const git::ObjectId& to)>;
// gitops/plan, for this machine.
[[nodiscard]] PlannedRevision plan_revision(const git::Repository& mirror, const std::string& host,
                                            const std::optional<git::ObjectId>& from,
                                            const git::ObjectId& to);

struct CheckInput {
  settings::Settings settings;
  watch::Trigger trigger;
  Steering steering;
  std::optional<std::string> under_way;   // "run 12"
  std::optional<git::ObjectId> applying;  // its target
  std::optional<PlanVerdict> verdict;     // of an earlier check
  struct Hold {
    git::ObjectId revision;
    std::string reason;
  };
  std::optional<Hold> hold;  // a revision that failed for a passing reason and is not due yet
};

struct CheckResult {
  Decision decision;
  enum class Fetch { skipped, done, failed } fetch = Fetch::skipped;
  std::string fetch_error;
  std::optional<git::ObjectId> head;
  std::optional<git::ObjectId> deployed;
  std::string head_summary;
  std::string head_author;
  std::optional<PlannedRevision> plan;         // with decision `plan`, and when planning refused
  std::optional<PlanVerdict> verdict;          // new one, when planning refused
  std::chrono::milliseconds since_trigger{0};  // when the check was over
};

// Why a revision needs no run although it is not deployed: its system waits for a reboot. `rows` are its
// runs, newest first; `current_system` is what runs now. Pure.
[[nodiscard]] std::optional<std::string> staged_reason(const std::vector<history::RunRow>& rows,
                                                       const std::string& current_system);

// Where the branch stands: fetches when it moved, resolves, decides, plans. Used on one thread. Never throws
// for what a remote or a commit can do wrong; throws Error when this machine's own state cannot be read.
class Checker {
 public:
  Checker(ProcessRunner& runner, Planner planner) : runner_(runner), planner_(std::move(planner)) {}
  [[nodiscard]] CheckResult check(const CheckInput& input);

 private:
  void fetch(const CheckInput& input, const git::Repository& mirror, CheckResult& out);
  void plan(const CheckInput& input, const git::Repository& mirror, CheckResult& out);

  ProcessRunner& runner_;
  Planner planner_;
};

}  // namespace hwcsync::daemon
