#pragma once

#include "gitops/apply/context.hpp"
#include "gitops/history/request.hpp"

#include <vector>

namespace hwcsync::apply {

// Carries out one requested run, from the lock to its terminal journal line and what follows from it: the one
// writer of DESIGN 7, `hwcsync worker RUN`. First puts right what an interrupted run left. Gives the outcome;
// busy when another worker holds <runtime>/apply.lock. A run that is over already is not touched, its outcome
// is given again. Throws Error only when the journal itself cannot be written.
[[nodiscard]] history::Outcome run_worker(const WorkerContext& context, history::RunId id);

struct Recovered {
  history::RunId run = 0;
  history::Outcome outcome;
};

// For each run that was begun and has no terminal line: finds out what is true (running system, profile,
// switch unit, journal) and finishes it or rolls it back; then does again what follows from terminal lines.
// Nothing to do, or somebody at work (the lock is held): empty.
[[nodiscard]] std::vector<Recovered> recover(const WorkerContext& context);

}  // namespace hwcsync::apply
