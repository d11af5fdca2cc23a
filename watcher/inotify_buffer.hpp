#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace hwcsync::watch {

// One event as inotify(7) tells it; `name` is empty for an event of the watched directory itself.
struct InotifyEvent {
  int watch = -1;
  std::uint32_t mask = 0;
  std::uint32_t cookie = 0;
  std::string name;
  bool operator==(const InotifyEvent&) const = default;
};

struct InotifyBatch {
  std::vector<InotifyEvent> events;
  bool lost = false;  // the queue overflowed, or the buffer ends inside an event: look at everything again
};

// Cuts what read(2) gave into events. Any bytes are accepted and none beyond the buffer is read.
[[nodiscard]] InotifyBatch parse_inotify(std::span<const char> bytes);

}  // namespace hwcsync::watch
