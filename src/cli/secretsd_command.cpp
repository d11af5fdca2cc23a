#include "secrets/service/holder.hpp"
#include "secrets/service/secretsd.hpp"
#include "src/base/service_notify.hpp"
#include "src/cli/commands.hpp"
#include "src/cli/source.hpp"

namespace hwcsync::cli {

Command secretsd_command() {
  return {"secretsd",
          "the secret service: holds the keys, shows the view (started by systemd; elsewhere it starts "
          "itself again)",
          "", [](CLI::App&, Context& context) {
            return [&context] {
              const settings::Settings settings = load_settings(context);
              secrets::SecretsdOptions options;
              options.identities = settings.identities;
              options.runtime_dir = settings.runtime_dir;
              options.state_dir = settings.state_dir;
              options.backend = settings.backend == settings::SecretsBackend::fuse ? secrets::Backend::fuse
                                                                                   : secrets::Backend::ramfs;
              options.socket = settings.runtime_dir + "/secrets";
              if (service_manager_listens()) return secrets::run_secretsd(options);
              return secrets::run_holder({.argv = secrets::own_command_line(),
                                          .places = {.runtime_dir = options.runtime_dir,
                                                     .user_runtime_root = options.user_runtime_root}});
            };
          }};
}

}  // namespace hwcsync::cli
