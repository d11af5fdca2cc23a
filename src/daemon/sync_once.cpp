#include "src/daemon/sync_once.hpp"

#include "src/base/atomic_file.hpp"
#include "src/base/error.hpp"
#include "src/base/file_lock.hpp"
#include "src/daemon/worker_starter.hpp"

#include <optional>

namespace hwcsync::daemon {
namespace {

SyncOutcome outcome_from(const Json& message) {
  return {.outcome = message.value("outcome", ""),
          .run = message.value("run", history::RunId{0}),
          .revision = message.value("revision", ""),
          .code = message.value("code", ""),
          .reason = message.value("reason", ""),
          .exit_status = message.value("exit_status", 1)};
}

}  // namespace

SyncOutcome sync_once(const SyncOnceOptions& options, const CoreSeams& seams) {
  make_directories(options.settings.runtime_dir, 0755);
  const auto lock = FileLock::try_lock(options.settings.runtime_dir + "/daemon.lock");
  if (!lock) {
    throw BusyError(ErrorText{"cannot sync", "without the daemon",
                              "a daemon or another sync --once is at work", "hwcsync sync asks the daemon"});
  }
  EventLoop loop;
  std::optional<SyncOutcome> outcome;
  Core core(loop, options.settings, seams);
  core.begin();
  core.sync(
      [&](const Json& message, Part part) {
        if (part == Part::last) {
          outcome = outcome_from(message);
        } else if (options.progress) {
          options.progress(message);
        }
        return true;
      },
      options.wait);
  while (!outcome) (void)loop.step(std::chrono::milliseconds(-1));
  return *outcome;
}

SyncOutcome sync_once(const SyncOnceOptions& options) {
  SystemProcessRunner runner;
  WorkerStarter starter(runner, options.config);
  const SystemClock clock;
  return sync_once(options, {.runner = runner, .starter = starter, .clock = clock, .planner = plan_revision});
}

}  // namespace hwcsync::daemon
