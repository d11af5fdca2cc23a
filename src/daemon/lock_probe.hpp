#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace hwcsync::daemon {

// The process that holds an flock(2) on a file, without touching the lock: trying it would make a worker that
// begins at that moment believe that it is busy. Nothing when nobody does or when there is no such file.
// proc(5): /proc/locks.
[[nodiscard]] std::optional<pid_t> lock_holder(const std::string& path);

// The same over the text of /proc/locks; a pure function.
[[nodiscard]] std::optional<pid_t> flock_holder_in(std::string_view locks, unsigned device_major,
                                                   unsigned device_minor, unsigned long inode);

}  // namespace hwcsync::daemon
