#pragma once

#include "gitops/history/request.hpp"
#include "src/base/clock.hpp"
#include "src/base/json.hpp"
#include "src/daemon/decision.hpp"
#include "src/daemon/steering.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace hwcsync::daemon {

// How often something happened since the daemon started. Metrics show the same numbers.
struct Counters {
  std::map<std::string, std::uint64_t> triggers;  // by kind: push, poll, manual
  std::uint64_t checks = 0;
  std::uint64_t fetches = 0;
  std::uint64_t fetch_failures = 0;
  std::uint64_t plans = 0;
  std::uint64_t stacks_parsed = 0;
  std::map<std::string, std::uint64_t> refusals;  // by code; each refused revision once
  std::uint64_t runs_requested = 0;
  std::map<std::string, std::uint64_t> runs;  // by outcome: committed, unchanged, failed, rolled-back, ...
  std::uint64_t recoveries = 0;
  std::uint64_t ref_events = 0;
  std::uint64_t ref_overflows = 0;
};

// One snapshot with everything in it.
struct Status {
  std::string host;
  std::string url;
  std::string branch;
  WallTime started;
  std::string watching;  // path whose refs are watched by inotify; empty: poll only
  std::int64_t poll_interval_ms = 0;
  std::int64_t next_poll_ms = 0;
  std::string head;  // full ids; empty: not known
  std::string head_summary;
  std::string deployed;
  Decision decision;  // of the last check: what stands in the way, when something does
  std::optional<WallTime> last_check;
  std::optional<WallTime> last_fetch;  // that went well
  std::string fetch_error;             // of the last fetch; empty: it went well
  std::uint32_t failures_in_a_row = 0;
  std::optional<std::int64_t> last_plan_ms;  // from the trigger event to the plan
  struct Run {
    history::RunId id = 0;
    std::string revision;
    std::string state;
    std::string code;  // of the outcome
    std::string reason;
  };
  std::optional<Run> run;       // under way
  std::optional<Run> last_run;  // that ended while we watched
  std::optional<Suspension> suspended;
  Counters counters;
};

// Version 1, docs/formats.md.
[[nodiscard]] Json to_json(const Status& status);

}  // namespace hwcsync::daemon
