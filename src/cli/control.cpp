#include "src/cli/control.hpp"

#include "src/base/error.hpp"

namespace hwcsync::cli {

daemon::ControlClient require_daemon(const settings::Settings& settings) {
  if (auto client = daemon::ControlClient::connect(settings.control_socket())) return std::move(*client);
  throw Error({"cannot reach the daemon at", settings.control_socket(), "nobody listens there",
               "systemctl status hwcsync.service"});
}

}  // namespace hwcsync::cli
