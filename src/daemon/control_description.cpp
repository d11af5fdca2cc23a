#include "src/daemon/control.hpp"

namespace hwcsync::daemon {

std::string control_description() {
  return R"(# The daemon of hwcsync. Everyone may read; root and the members of group hwcsync may act.
interface io.hwcsync.Control

type Decision (kind: (nothing, plan, refuse, wait), code: string, reason: string)

type RunState (id: int, revision: string, state: string, code: string, reason: string)

type Suspension (reason: string, who: string, since: string)

type Counters (
  triggers: [string]int,
  checks: int,
  fetches: int,
  fetch_failures: int,
  plans: int,
  stacks_parsed: int,
  refusals: [string]int,
  runs_requested: int,
  runs: [string]int,
  recoveries: int,
  ref_events: int,
  ref_overflows: int
)

type Status (
  version: int,
  host: string,
  url: string,
  branch: string,
  started: string,
  watching: string,
  poll_interval_ms: int,
  next_poll_ms: int,
  head: string,
  head_summary: string,
  deployed: string,
  decision: Decision,
  last_check: ?string,
  last_fetch: ?string,
  fetch_error: string,
  failures_in_a_row: int,
  last_plan_ms: ?int,
  run: ?RunState,
  last_run: ?RunState,
  suspended: ?Suspension,
  counters: Counters
)

type Run (
  id: int,
  from: string,
  to: string,
  summary: string,
  author: string,
  trigger: string,
  who: string,
  operation: string,
  state: string,
  code: string,
  reason: string,
  started: string,
  ended: string,
  store_path: string
)

# What stands in the way, what is going on, and every counter.
method Status() -> (status: Status)

# Looks at the branch now. Needs `more`: each reply is one message, the last one has kind "outcome". With wait = false
# the last one comes as soon as a run was asked for.
method Sync(wait: ?bool) -> (
  kind: (run, state, waiting, outcome),
  run: ?int,
  revision: ?string,
  plan: ?object,
  state: ?string,
  at: ?string,
  detail: ?object,
  outcome: ?string,
  code: ?string,
  reason: ?string,
  exit_status: ?int
)

# The last plan that was made; docs/formats.md has its form.
method Plan() -> (plan: ?object)

# The newest runs first, at most `limit` (default 20, at most 500).
method Runs(limit: ?int) -> (runs: []Run)

method Suspend(reason: string) -> ()
method Resume() -> ()

# Tries a revision again that is quarantined or was refused; without one: the head of the branch.
method Retry(revision: ?string) -> ()

# Accepts a head that does not descend from the deployed revision.
method AcceptRewrite(revision: string) -> ()

error Failed (reason: string)
)";
}

}  // namespace hwcsync::daemon
