#include "watcher/inotify.hpp"

#include "src/base/error.hpp"

#include <array>
#include <cerrno>
#include <iterator>
#include <utility>

#include <sys/inotify.h>
#include <unistd.h>

namespace hwcsync::watch {

Inotify::Inotify() : fd_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
  if (!fd_.valid()) {
    throw SystemError("cannot watch", "the file system", errno, "raise fs.inotify.max_user_instances");
  }
}

std::optional<int> Inotify::add(const std::string& directory, std::uint32_t mask) {
  const int watch = ::inotify_add_watch(fd_.get(), directory.c_str(), mask | IN_ONLYDIR);
  if (watch >= 0) return watch;
  if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
  throw SystemError("cannot watch", directory, errno,
                    errno == ENOSPC ? "raise fs.inotify.max_user_watches" : "");
}

void Inotify::remove(int watch) noexcept {
  ::inotify_rm_watch(fd_.get(), watch);
}

InotifyBatch Inotify::read() {
  InotifyBatch batch;
  alignas(inotify_event) std::array<char, 64 * 1024> buffer;
  while (true) {
    const ssize_t n = ::read(fd_.get(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return batch;
    if (n < 0) throw_errno("cannot read", "inotify events");
    InotifyBatch part = parse_inotify({buffer.data(), static_cast<std::size_t>(n)});
    batch.events.insert(batch.events.end(), std::make_move_iterator(part.events.begin()),
                        std::make_move_iterator(part.events.end()));
    batch.lost = batch.lost || part.lost;
    // A full queue holds 16384 events; somebody who writes faster than we read must not keep us here.
    if (batch.events.size() > 32'768) {
      batch.lost = true;
      return batch;
    }
  }
}

}  // namespace hwcsync::watch
