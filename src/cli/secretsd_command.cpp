#include "secrets/service/secretsd.hpp"
#include "src/cli/commands.hpp"
#include "src/cli/source.hpp"

namespace hwcsync::cli {

Command secretsd_command() {
  return {"secretsd", "the secret service: holds the keys, shows the view (started by systemd)", "",
          [](CLI::App&, Context& context) {
            return [&context] {
              const settings::Settings settings = load_settings(context);
              secrets::SecretsdOptions options;
              options.identities = settings.identities;
              options.runtime_dir = settings.runtime_dir;
              options.state_dir = settings.state_dir;
              options.socket = settings.runtime_dir + "/secrets";
              return secrets::run_secretsd(options);
            };
          }};
}

}  // namespace hwcsync::cli
