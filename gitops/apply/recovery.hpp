#pragma once

#include "gitops/apply/worker.hpp"

namespace hwcsync::apply {

// recover() for whoever holds the lock. `own` is the run that is about to begin, if any: it is left alone
// unless it has begun before.
[[nodiscard]] std::vector<Recovered> recover_locked(const WorkerContext& context, history::RunId own);

}  // namespace hwcsync::apply
