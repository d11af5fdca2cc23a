// The secret service, a program of its own: what it does not link cannot read its memory, and costs it none.
// It is started by `hwcsync secretsd`, which found the settings good.
//   hwcsync-secretsd [SETTINGS-FILE]     without one: what holds where the file says nothing
#include "secrets/service/holder.hpp"
#include "secrets/service/secretsd.hpp"
#include "src/base/service_main.hpp"
#include "src/base/service_notify.hpp"
#include "src/settings/settings.hpp"

namespace {
using namespace hwcsync::secrets;
using hwcsync::settings::SecretsBackend;
using hwcsync::settings::Settings;

SecretsdOptions options_of(const Settings& settings) {
  SecretsdOptions options;
  options.identities = settings.identities;
  options.runtime_dir = settings.runtime_dir;
  options.state_dir = settings.state_dir;
  options.backend = settings.backend == SecretsBackend::fuse ? Backend::fuse : Backend::ramfs;
  options.socket = settings.runtime_dir + "/secrets";
  return options;
}

int serve(const Settings& settings) {
  const SecretsdOptions options = options_of(settings);
  if (hwcsync::service_manager_listens()) return run_secretsd(options);
  return run_holder(
      {.argv = own_command_line(),
       .places = {.runtime_dir = options.runtime_dir, .user_runtime_root = options.user_runtime_root}});
}

}  // namespace

int main(int argc, char** argv) {
  return hwcsync::service_main("hwcsync-secretsd", argc, argv, [](const std::string& file) {
    return serve(file.empty() ? hwcsync::settings::default_settings()
                              : hwcsync::settings::read_settings(file));
  });
}
