#pragma once

#include "src/base/varlink_server.hpp"
#include "src/daemon/core.hpp"

#include <string>

namespace hwcsync::daemon {

inline constexpr const char* kControlInterface = "io.hwcsync.Control";

// io.hwcsync.Control over a core; the text of the interface is in control_interface.cpp and docs/formats.md.
// The core must outlive the server that the interface is added to.
[[nodiscard]] VarlinkInterface control_interface(Core& core);

// The interface in Varlink's definition language.
[[nodiscard]] std::string control_description();

}  // namespace hwcsync::daemon
