#include "src/cli/commands.hpp"
#include "src/cli/source.hpp"
#include "src/daemon/daemon.hpp"

namespace hwcsync::cli {

Command daemon_command() {
  return {"daemon", "the service that watches and deploys (started by systemd)", "",
          [](CLI::App&, Context& context) {
            return [&context] { return daemon::run_daemon({settings::settings_path(context.config)}); };
          }};
}

}  // namespace hwcsync::cli
