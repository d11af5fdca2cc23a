#include "src/daemon/status.hpp"

namespace hwcsync::daemon {
namespace {

Json time_or_null(const std::optional<WallTime>& time) {
  return time ? Json(format_time(*time)) : Json(nullptr);
}

Json run_or_null(const std::optional<Status::Run>& run) {
  if (!run) return nullptr;
  return {{"id", run->id},
          {"revision", run->revision},
          {"state", run->state},
          {"code", run->code},
          {"reason", run->reason}};
}

Json counters_json(const Counters& counters) {
  return {{"triggers", counters.triggers},
          {"checks", counters.checks},
          {"fetches", counters.fetches},
          {"fetch_failures", counters.fetch_failures},
          {"plans", counters.plans},
          {"stacks_parsed", counters.stacks_parsed},
          {"refusals", counters.refusals},
          {"runs_requested", counters.runs_requested},
          {"runs", counters.runs},
          {"recoveries", counters.recoveries},
          {"ref_events", counters.ref_events},
          {"ref_overflows", counters.ref_overflows}};
}

}  // namespace

Json to_json(const Status& status) {
  Json suspended = nullptr;
  if (status.suspended) {
    suspended = {{"reason", status.suspended->reason},
                 {"who", status.suspended->who},
                 {"since", format_time(status.suspended->since)}};
  }
  return {{"version", 1},
          {"host", status.host},
          {"url", status.url},
          {"branch", status.branch},
          {"started", format_time(status.started)},
          {"watching", status.watching},
          {"poll_interval_ms", status.poll_interval_ms},
          {"next_poll_ms", status.next_poll_ms},
          {"head", status.head},
          {"head_summary", status.head_summary},
          {"deployed", status.deployed},
          {"decision",
           {{"kind", decision_name(status.decision.kind)},
            {"code", status.decision.code},
            {"reason", status.decision.reason}}},
          {"last_check", time_or_null(status.last_check)},
          {"last_fetch", time_or_null(status.last_fetch)},
          {"fetch_error", status.fetch_error},
          {"failures_in_a_row", status.failures_in_a_row},
          {"last_plan_ms", status.last_plan_ms ? Json(*status.last_plan_ms) : Json(nullptr)},
          {"run", run_or_null(status.run)},
          {"last_run", run_or_null(status.last_run)},
          {"suspended", std::move(suspended)},
          {"counters", counters_json(status.counters)}};
}

}  // namespace hwcsync::daemon
