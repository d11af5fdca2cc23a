#pragma once

#include "src/cli/command.hpp"
#include "src/daemon/control_client.hpp"
#include "src/settings/settings.hpp"

namespace hwcsync::cli {

// The daemon of this machine; Error with what to do when none listens.
[[nodiscard]] daemon::ControlClient require_daemon(const settings::Settings& settings);

}  // namespace hwcsync::cli
