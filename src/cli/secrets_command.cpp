#include "src/cli/commands.hpp"
#include "src/cli/secrets_group.hpp"
#include "src/cli/source.hpp"

namespace hwcsync::cli {

secrets::SecretServiceClient connect_secrets(const Context& context) {
  return secrets::SecretServiceClient(load_settings(context).runtime_dir + "/secrets");
}

Command secrets_command() {
  return {"secrets", "list, show, check and encrypt secrets; who read what",
          "  hwcsync secrets ls\n"
          "  hwcsync secrets check\n"
          "  hwcsync secrets audit --stack immich --since 1h\n"
          "  hwcsync secrets rekey --dry-run\n"
          "hwcsync secrets COMMAND --help shows the options and examples of each.\n",
          [](CLI::App& app, Context& context) {
            app.require_subcommand(1);
            SecretsGroup group(app, context);
            for (const auto add :
                 {add_secrets_ls, add_secrets_cat, add_secrets_check, add_secrets_mount, add_secrets_audit,
                  add_secrets_decrypt, add_secrets_encrypt, add_secrets_rekey})
              add(group);
            return group.chosen();
          }};
}

}  // namespace hwcsync::cli
