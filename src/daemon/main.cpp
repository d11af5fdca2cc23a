// The daemon, a program of its own: it links what it takes to watch and to plan, and not what a run or the
// command line needs. It is started by `hwcsync daemon`, which found the settings good.
//   hwcsync-daemon [SETTINGS-FILE]     without one: where the service's are
#include "src/base/service_main.hpp"
#include "src/daemon/daemon.hpp"
#include "src/settings/settings.hpp"

int main(int argc, char** argv) {
  return hwcsync::service_main("hwcsync-daemon", [&] {
    return hwcsync::daemon::run_daemon({argc > 1 ? argv[1] : hwcsync::settings::settings_path({})});
  });
}
