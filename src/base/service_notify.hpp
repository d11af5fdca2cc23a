#pragma once

#include "src/base/fd.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

// What a service tells systemd and what it gets back (sd_notify(3), FDSTORE). Without NOTIFY_SOCKET each of
// these does nothing, so that the same program runs from a terminal and in tests. Any thread.
namespace hwcsync {

// True when a service manager listens, i.e. NOTIFY_SOCKET is set and nobody said that it has died.
[[nodiscard]] bool service_manager_listens() noexcept;

// From now on none does: it has died.
void forget_service_manager() noexcept;

// READY=1 with a status line for `systemctl status`.
void notify_ready(std::string_view status);
void notify_status(std::string_view status);
void notify_reloading();
void notify_stopping();

// One WATCHDOG=1. Services on an EventLoop use EventLoop::keep_watchdog() instead.
void notify_watchdog();

// Gives systemd a second reference to a descriptor: it survives our death and comes back by take_passed_fds()
// in the next start. `name` has letters, digits, '-' and '.'. False when nobody keeps it (no manager). The
// unit needs FileDescriptorStoreMax=.
bool store_fd(std::string_view name, int fd);

// Makes systemd close what was stored under this name.
void forget_stored_fd(std::string_view name);

struct PassedFd {
  std::string name;
  Fd fd;
};

// The descriptors that the manager passed (sockets and stored ones), with their names. A second call gives
// none: LISTEN_FDS and its companions are taken out of the environment. CLOEXEC is set on each.
[[nodiscard]] std::vector<PassedFd> take_passed_fds();

}  // namespace hwcsync
