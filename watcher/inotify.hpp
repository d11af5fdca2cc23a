#pragma once

#include "src/base/fd.hpp"
#include "watcher/inotify_buffer.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace hwcsync::watch {

// One inotify instance (non-blocking). One thread.
class Inotify {
 public:
  Inotify();

  // Watches a directory (never a file: its watch would die with the first atomic save). The number by which
  // events name it, or nothing when there is no directory at this path. Adding a directory again gives its
  // old number. Throws SystemError otherwise; ENOSPC says that the limit of watches is reached.
  [[nodiscard]] std::optional<int> add(const std::string& directory, std::uint32_t mask);
  void remove(int watch) noexcept;

  // What has happened since the last call, oldest first; empty when nothing has.
  [[nodiscard]] InotifyBatch read();

  [[nodiscard]] int fd() const noexcept { return fd_.get(); }

 private:
  Fd fd_;
};

}  // namespace hwcsync::watch
