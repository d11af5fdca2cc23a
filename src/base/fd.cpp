#include "src/base/fd.hpp"

#include "src/base/error.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace hwcsync {

void Fd::reset(int fd) noexcept {
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

Fd open_file(const std::string& path, int flags, unsigned mode) {
  for (;;) {
    const int fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
    if (fd >= 0) return Fd(fd);
    if (errno != EINTR) throw_errno("cannot open", path);
  }
}

std::string read_file(const std::string& path, std::size_t limit) {
  const Fd fd = open_file(path, O_RDONLY);
  return read_all(fd.get(), path, limit);
}

std::string read_all(int fd, std::string_view what, std::size_t limit) {
  std::string out;
  std::string block(65536, '\0');
  for (;;) {
    const ssize_t n = ::read(fd, block.data(), block.size());
    if (n < 0) {
      if (errno == EINTR) continue;
      throw_errno("cannot read", what);
    }
    if (n == 0) return out;
    out.append(block, 0, static_cast<std::size_t>(n));
    if (out.size() > limit) throw SystemError("cannot read", what, EFBIG);
  }
}

void write_all(int fd, std::string_view data, std::string_view what) {
  while (!data.empty()) {
    const ssize_t n = ::write(fd, data.data(), data.size());
    if (n < 0) {
      if (errno == EINTR) continue;
      throw_errno("cannot write", what);
    }
    data.remove_prefix(static_cast<std::size_t>(n));
  }
}

}  // namespace hwcsync
