#pragma once

#include "src/base/fd.hpp"

#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

// The other side of service_notify.hpp: what a service manager hears. Used where hwcsync is its own manager.
namespace hwcsync {

// One datagram of sd_notify(3), with what came along.
struct NotifyMessage {
  std::string text;  // assignments, one a line
  std::vector<Fd> fds{};
  pid_t sender = 0;

  [[nodiscard]] bool has(std::string_view assignment) const;
  // The value of the first assignment to this name; empty when there is none.
  [[nodiscard]] std::string value(std::string_view name) const;
};

// A datagram socket at `path` that its owner alone may write to; replaces what was there. Throws SystemError.
[[nodiscard]] Fd listen_for_notifications(const std::string& path);

// The next message that waits; nothing when none does.
[[nodiscard]] std::optional<NotifyMessage> receive_notification(int socket);

}  // namespace hwcsync
