#include "src/daemon/sync_waiters.hpp"

#include "src/base/log.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace hwcsync::daemon {

Json to_json(const SyncOutcome& outcome) {
  return {{"kind", "outcome"},
          {"outcome", outcome.outcome},
          {"run", outcome.run},
          {"revision", outcome.revision},
          {"code", outcome.code},
          {"reason", outcome.reason},
          {"exit_status", outcome.exit_status}};
}

SyncOutcome sync_outcome(history::RunId run, const std::string& revision, const history::Outcome& outcome) {
  return {.outcome = std::string(history::state_name(outcome.state)),
          .run = run,
          .revision = revision,
          .code = outcome.code,
          .reason = outcome.reason,
          .exit_status = history::exit_status(outcome)};
}

SyncOutcome sync_outcome(const CheckResult& result) {
  SyncOutcome out{.revision = result.head ? result.head->hex() : "",
                  .code = result.decision.code,
                  .reason = result.decision.reason};
  if (result.fetch == CheckResult::Fetch::failed) {
    out.outcome = "fetch-failed";
    out.exit_status = 1;
  } else if (result.decision.kind == Decision::Kind::refuse) {
    out.outcome = "refused";
    out.exit_status = 5;
  } else {
    out.outcome = "up-to-date";
  }
  return out;
}

void SyncWaiters::add(SyncSink sink, Wait wait, std::uint64_t first_check) {
  // One listener that cannot be served must not take the others with it.
  SyncSink careful = [sink = std::move(sink)](const Json& message, Part part) {
    try {
      return sink(message, part);
    } catch (const std::exception& error) {
      log(LogLevel::warning, "cannot serve sync", {{"reason", error.what()}});
      return false;
    }
  };
  waiters_.push_back({std::move(careful), wait, first_check, std::nullopt});
}

void SyncWaiters::checked(std::uint64_t check, const CheckResult& result, std::optional<history::RunId> run) {
  // Before the loop, which must not be left half way.
  const Json plan = run && result.plan ? Json::parse(result.plan->json.dump()) : Json();
  std::erase_if(waiters_, [&](Waiter& waiter) {
    if (waiter.run || waiter.first_check > check) return false;
    if (run) {
      const std::string revision = result.head ? result.head->hex() : "";
      if (waiter.wait == Wait::for_request) {
        waiter.sink(to_json(SyncOutcome{.outcome = "requested", .run = *run, .revision = revision}),
                    Part::last);
        return true;
      }
      waiter.run = run;
      Json begun{{"kind", "run"}, {"run", *run}, {"revision", revision}};
      if (!plan.is_null()) begun["plan"] = plan;
      return !waiter.sink(begun, Part::progress);
    }
    if (result.decision.kind == Decision::Kind::wait) {
      waiter.first_check = check + 1;
      return !waiter.sink(Json{{"kind", "waiting"}, {"reason", result.decision.reason}}, Part::progress);
    }
    waiter.sink(to_json(sync_outcome(result)), Part::last);
    return true;
  });
}

void SyncWaiters::line(history::RunId run, const history::JournalLine& line) {
  std::erase_if(waiters_, [&](Waiter& waiter) {
    if (waiter.run != run) return false;
    return !waiter.sink(Json{{"kind", "state"},
                             {"run", run},
                             {"state", history::state_name(line.state)},
                             {"at", format_time(line.at)},
                             {"detail", line.detail}},
                        Part::progress);
  });
}

void SyncWaiters::ended(history::RunId run, const std::string& revision, const history::Outcome& outcome) {
  std::erase_if(waiters_, [&](Waiter& waiter) {
    if (waiter.run != run) return false;
    waiter.sink(to_json(sync_outcome(run, revision, outcome)), Part::last);
    return true;
  });
}

}  // namespace hwcsync::daemon
