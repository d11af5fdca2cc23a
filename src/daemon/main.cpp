// The daemon, a program of its own: it links what it takes to watch and to plan, and not what a run or the
// command line needs. It is started by `hwcsync daemon`, which found the settings good.
//   hwcsync-daemon [SETTINGS-FILE]     without one: where the service's are
#include "src/base/service_main.hpp"
#include "src/daemon/daemon.hpp"
#include "src/settings/settings.hpp"

int main(int argc, char** argv) {
  return hwcsync::service_main("hwcsync-daemon", argc, argv, [](const std::string& file) {
    return hwcsync::daemon::run_daemon({hwcsync::settings::settings_path(file)});
  });
}
