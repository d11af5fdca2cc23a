#include "src/cli/become.hpp"
#include "src/cli/commands.hpp"
#include "src/settings/settings.hpp"

namespace hwcsync::cli {

Command daemon_command() {
  return {"daemon", "the service that watches and deploys (started by systemd)", "",
          [](CLI::App&, Context& context) {
            return [&context]() -> int {
              const std::string file = settings::settings_path(context.config);
              // Read here too, so that what is wrong with them is told as everywhere.
              static_cast<void>(settings::read_settings(file));
              become("hwcsync-daemon", file);
            };
          }};
}

}  // namespace hwcsync::cli
