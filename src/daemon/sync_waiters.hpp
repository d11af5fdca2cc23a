#pragma once

#include "gitops/history/journal.hpp"
#include "gitops/history/request.hpp"
#include "src/base/json.hpp"
#include "src/daemon/checker.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace hwcsync::daemon {

// How a sync ended, for whoever waits: {"kind":"outcome", ...} of io.hwcsync.Control.Sync.
struct SyncOutcome {
  std::string outcome;  // a terminal state of a run, or "up-to-date", "refused", "fetch-failed", "requested"
  history::RunId run = 0;  // 0: none
  std::string revision;
  std::string code;
  std::string reason;
  int exit_status = 0;  // DESIGN 10
};
[[nodiscard]] Json to_json(const SyncOutcome& outcome);
[[nodiscard]] SyncOutcome sync_outcome(history::RunId run, const std::string& revision,
                                       const history::Outcome& outcome);
// Of a check that leads to no run.
[[nodiscard]] SyncOutcome sync_outcome(const CheckResult& result);

enum class Part { progress, last };
// Takes one message; false when nobody listens any more.
using SyncSink = std::function<bool(const Json&, Part)>;

// Those who asked for a sync and wait for its end. A waiter is served by the first check that began after it
// asked, then bound to the run that this check led to. Loop's thread.
class SyncWaiters {
 public:
  enum class Wait { for_outcome, for_request };
  void add(SyncSink sink, Wait wait, std::uint64_t first_check);

  // The check of this number came to a run, or to none, or has to be repeated after the run under way.
  void checked(std::uint64_t check, const CheckResult& result, std::optional<history::RunId> run);
  void line(history::RunId run, const history::JournalLine& line);
  void ended(history::RunId run, const std::string& revision, const history::Outcome& outcome);

  [[nodiscard]] std::size_t size() const noexcept { return waiters_.size(); }

 private:
  struct Waiter {
    SyncSink sink;
    Wait wait;
    std::uint64_t first_check;
    std::optional<history::RunId> run;
  };
  std::vector<Waiter> waiters_;
};

}  // namespace hwcsync::daemon
