#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace hwcsync {

// Owns one file descriptor. Every function here that makes one sets CLOEXEC.
class Fd {
 public:
  Fd() noexcept = default;
  explicit Fd(int fd) noexcept : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) reset(std::exchange(other.fd_, -1));
    return *this;
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { reset(); }

  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] bool valid() const noexcept { return fd_ >= 0; }
  [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }
  void reset(int fd = -1) noexcept;

 private:
  int fd_ = -1;
};

// open(2) with O_CLOEXEC; throws SystemError "cannot open PATH".
[[nodiscard]] Fd open_file(const std::string& path, int flags, unsigned mode = 0);

// The whole content of a regular file; throws SystemError, also when it is larger than `limit` bytes (EFBIG).
[[nodiscard]] std::string read_file(const std::string& path, std::size_t limit = 64U << 20U);

// Reads until end of file. EINTR is handled; throws SystemError named after `what`.
[[nodiscard]] std::string read_all(int fd, std::string_view what, std::size_t limit = 64U << 20U);

// Writes all bytes or throws SystemError named after `what`.
void write_all(int fd, std::string_view data, std::string_view what);

}  // namespace hwcsync
