#include "watcher/inotify_buffer.hpp"

#include <cstddef>
#include <cstring>

#include <sys/inotify.h>

namespace hwcsync::watch {

InotifyBatch parse_inotify(std::span<const char> bytes) {
  InotifyBatch batch;
  while (!bytes.empty()) {
    // Copied out, because nothing promises the alignment of a span of bytes.
    inotify_event header{};
    constexpr std::size_t kHeader = offsetof(inotify_event, name);
    if (bytes.size() < kHeader) {
      batch.lost = true;
      break;
    }
    std::memcpy(&header, bytes.data(), kHeader);
    bytes = bytes.subspan(kHeader);
    if (header.len > bytes.size()) {
      batch.lost = true;
      break;
    }
    // The name is padded with NULs up to `len`.
    const std::size_t length = header.len == 0 ? 0 : ::strnlen(bytes.data(), header.len);
    InotifyEvent event{header.wd, header.mask, header.cookie, std::string(bytes.data(), length)};
    bytes = bytes.subspan(header.len);
    if ((event.mask & IN_Q_OVERFLOW) != 0) {
      batch.lost = true;
    } else {
      batch.events.push_back(std::move(event));
    }
  }
  return batch;
}

}  // namespace hwcsync::watch
