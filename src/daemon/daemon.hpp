#pragma once

#include <string>

namespace hwcsync::daemon {

struct DaemonOptions {
  std::string config;  // path of the settings file
};

// `hwcsync daemon`: serves until SIGTERM or SIGINT and gives the exit status. SIGHUP reads the settings
// again. Throws ConfigError (exit status 78) when they are wrong at the start, BusyError when another daemon
// runs; nothing that happens later ends it.
[[nodiscard]] int run_daemon(const DaemonOptions& options);

}  // namespace hwcsync::daemon
