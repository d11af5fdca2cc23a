#pragma once

#include "gitops/apply/activation_record.hpp"
#include "gitops/apply/context.hpp"

#include <functional>
#include <string>
#include <vector>

namespace hwcsync::apply {

// One thing that is not as it should be.
struct Ailment {
  std::string stack;    // empty: a unit outside our stacks, or the remote
  std::string subject;  // "container paperless-web", "unit x.service", "probe http://..."
  std::string what;     // "exited with 1", "is unhealthy"
  // pending: may mend; lost: will hardly mend; none: is not waited for.
  enum class Hope { pending, lost, none } hope = Hope::pending;
  std::vector<std::string> log;  // its last lines

  [[nodiscard]] std::string to_string() const { return subject + ' ' + what; }
};

struct HealthReport {
  std::vector<Ailment> ailments;  // empty: healthy
  std::size_t containers = 0;     // that were looked at
  std::size_t probes = 0;
  [[nodiscard]] bool healthy() const { return ailments.empty(); }
  // For history: the first ailment and how many more there are. No log lines: a program may print its
  // secrets, and history is shown to more people than its log.
  [[nodiscard]] std::string reason() const;
  // The last log lines of the ailments, for the run's health.log; empty when there are none.
  [[nodiscard]] std::string evidence() const;
};

// Waits until all touched stacks have been well for the settle time without a break, against the baseline: no
// unit failed that was not failed before; no unit of a touched stack failed (before or not), dead, restarting
// or unable to reload; each of
// their containers running (healthy where it has a check) and not restarted meanwhile; every probe answered;
// the remote reachable if it was before. Gives up at the timeout, or at once when nothing can mend any more.
[[nodiscard]] HealthReport judge_health(const WorkerContext& context, const ActivationRecord& record);

// Waits until everything that ran at the baseline runs again and nothing new is failed: the proof of a
// rollback.
[[nodiscard]] HealthReport judge_return(const WorkerContext& context, const ActivationRecord& record);

// One look: units that are failed now and were not before.
[[nodiscard]] std::vector<std::string> newly_failed(const WorkerContext& context,
                                                    const ActivationRecord& record);

}  // namespace hwcsync::apply
