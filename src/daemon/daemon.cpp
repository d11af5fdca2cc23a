#include "src/daemon/daemon.hpp"

#include "src/base/atomic_file.hpp"
#include "src/base/error.hpp"
#include "src/base/file_lock.hpp"
#include "src/base/log.hpp"
#include "src/base/service_notify.hpp"
#include "src/base/varlink_server.hpp"
#include "src/daemon/control.hpp"
#include "src/daemon/core.hpp"
#include "src/daemon/worker_starter.hpp"

#include <csignal>
#include <functional>
#include <optional>

namespace hwcsync::daemon {
namespace {

// Only one daemon steers a state directory; a second one would ask for every run twice.
FileLock sole_daemon(const settings::Settings& settings) {
  make_directories(settings.runtime_dir, 0755);
  auto lock = FileLock::try_lock(settings.runtime_dir + "/daemon.lock");
  if (!lock) {
    throw BusyError(ErrorText{"cannot start", "the daemon", "another one runs for " + settings.runtime_dir,
                              "systemctl status hwcsync"});
  }
  return std::move(*lock);
}

std::string status_line(const Status& status) {
  if (!status.fetch_error.empty()) return "cannot fetch: " + status.fetch_error;
  return status.decision.reason.empty() ? "waiting" : status.decision.reason;
}

void serve(EventLoop& loop) {
  while (true) {
    try {
      (void)loop.run();
      return;
    } catch (const std::exception& error) {
      // The daemon never dies of an error; what failed is tried again by the next trigger.
      log(LogLevel::error, "unexpected error", {{"reason", error.what()}});
    }
  }
}

}  // namespace

int run_daemon(const DaemonOptions& options) {
  const settings::Settings settings = settings::read_settings(options.config);
  set_log_level(settings.log_level);
  const FileLock lock = sole_daemon(settings);
  EventLoop loop;
  // Signals are blocked before the background thread is made, which inherits the mask. What a reload does is
  // said below, where there is something to reload; nothing comes before the loop runs.
  std::function<void()> reload;
  const EventLoop::Source hangup = loop.on_signal(SIGHUP, [&reload] { reload(); });
  const auto leave = [&loop] {
    notify_stopping();
    loop.exit(0);
  };
  const EventLoop::Source term = loop.on_signal(SIGTERM, leave);
  const EventLoop::Source interrupt = loop.on_signal(SIGINT, leave);
  std::signal(SIGPIPE, SIG_IGN);
  SystemProcessRunner runner;
  WorkerStarter starter(runner, options.config);
  const SystemClock clock;
  Core core(loop, settings, {.runner = runner, .starter = starter, .clock = clock, .planner = plan_revision});
  reload = [&] {
    notify_reloading();
    try {
      const settings::Settings fresh = settings::read_settings(options.config);
      set_log_level(fresh.log_level);
      core.reload(fresh);
      log(LogLevel::info, "settings read again", {{"file", options.config}});
    } catch (const ConfigError& error) {
      log(LogLevel::error, "settings kept", {{"reason", error.what()}});
    }
    notify_ready(status_line(core.status()));
  };
  VarlinkServer control(loop, {});
  control.add(control_interface(core));
  control.listen(settings.control_socket(), 0666);
  loop.keep_watchdog();
  log(LogLevel::info, "daemon started",
      {{"host", settings.host}, {"url", settings.repository.url}, {"branch", settings.repository.branch}});
  core.start();
  notify_ready("looking at " + settings.repository.url);
  serve(loop);
  log(LogLevel::info, "daemon stopped");
  return 0;
}

}  // namespace hwcsync::daemon
