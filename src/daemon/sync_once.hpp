#pragma once

#include "src/daemon/core.hpp"

#include <functional>
#include <string>

namespace hwcsync::daemon {

struct SyncOnceOptions {
  settings::Settings settings;
  std::string config;  // path of the settings file, for the worker
  SyncWaiters::Wait wait = SyncWaiters::Wait::for_outcome;
  std::function<void(const Json&)> progress;  // each message before the last; may be empty
};

// One check without a daemon, for the pull timer: fetches, compares, plans, has a worker apply it, and waits
// for the outcome. A worker goes on when we are killed. Throws BusyError when a daemon runs: that one is to
// be asked.
[[nodiscard]] SyncOutcome sync_once(const SyncOnceOptions& options);

// The same over given seams.
[[nodiscard]] SyncOutcome sync_once(const SyncOnceOptions& options, const CoreSeams& seams);

}  // namespace hwcsync::daemon
