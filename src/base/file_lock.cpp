#include "src/base/file_lock.hpp"

#include "src/base/error.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>

namespace hwcsync {

std::optional<FileLock> FileLock::try_lock(const std::string& path) {
  Fd fd = open_file(path, O_RDWR | O_CREAT, 0600);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) return FileLock(std::move(fd));
  if (errno == EWOULDBLOCK) return std::nullopt;
  throw_errno("cannot lock", path);
}

}  // namespace hwcsync
