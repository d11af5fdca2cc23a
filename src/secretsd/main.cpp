// The secret service, a program of its own: what it does not link cannot read its memory, and costs it none.
// It is started by `hwcsync secretsd`, which found the settings good.
//   hwcsync-secretsd [SETTINGS-FILE]     without one: what holds where the file says nothing
// Exit status as that of hwcsync: 0, 1, 75 (another one serves), 78 (the settings are wrong).
#include "secrets/service/holder.hpp"
#include "secrets/service/secretsd.hpp"
#include "src/base/error.hpp"
#include "src/base/service_notify.hpp"
#include "src/settings/settings.hpp"

#include <csignal>
#include <iostream>

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

int failed(const hwcsync::Error& error, int status) {
  std::cerr << "hwcsync-secretsd: " << error.what() << '\n';
  if (!error.text().hint.empty()) std::cerr << "  " << error.text().hint << '\n';
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return serve(argc > 1 ? hwcsync::settings::read_settings(argv[1])
                          : hwcsync::settings::default_settings());
  } catch (const hwcsync::ConfigError& error) {
    return failed(error, 78);
  } catch (const hwcsync::BusyError& error) {
    return failed(error, 75);
  } catch (const hwcsync::Error& error) {
    return failed(error, 1);
  } catch (const std::exception& error) {
    std::cerr << "hwcsync-secretsd: internal error: " << error.what() << '\n';
    return 1;
  }
}
