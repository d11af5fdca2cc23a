#include "src/cli/become.hpp"
#include "src/cli/commands.hpp"
#include "src/cli/source.hpp"

#include <filesystem>

namespace hwcsync::cli {

Command secretsd_command() {
  return {"secretsd",
          "the secret service: holds the keys, shows the view (started by systemd; elsewhere it starts "
          "itself again)",
          "", [](CLI::App&, Context& context) {
            return [&context]() -> int {
              // Read here too, so that what is wrong with them is told as everywhere.
              static_cast<void>(load_settings(context));
              const std::string file = settings::settings_path(context.config);
              become("hwcsync-secretsd", std::filesystem::exists(file) ? file : "");
            };
          }};
}

}  // namespace hwcsync::cli
