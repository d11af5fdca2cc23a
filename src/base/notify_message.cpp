#include "src/base/notify_message.hpp"

#include "src/base/error.hpp"
#include "src/base/text.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace hwcsync {
namespace {

// As many descriptors as systemd takes in one message (SCM_MAX_FD) and the sender's credentials.
constexpr std::size_t kControl = CMSG_SPACE(253 * sizeof(int)) + CMSG_SPACE(sizeof(ucred));

}  // namespace

bool NotifyMessage::has(std::string_view assignment) const {
  const auto lines = split(text, '\n');
  return std::ranges::find(lines, assignment) != lines.end();
}

std::string NotifyMessage::value(std::string_view name) const {
  const std::string prefix = std::string(name) + '=';
  for (const std::string& line : split(text, '\n')) {
    if (line.starts_with(prefix)) return line.substr(prefix.size());
  }
  return {};
}

Fd listen_for_notifications(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) throw SystemError("cannot listen on", path, ENAMETOOLONG);
  std::memcpy(address.sun_path, path.c_str(), path.size());
  Fd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) throw_errno("cannot make a socket for", path);
  const int on = 1;
  if (::setsockopt(fd.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0)
    throw_errno("cannot ask who writes to", path);
  ::unlink(path.c_str());
  // What arrives before the mode is right is from no child of ours, and its sender is looked at.
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::chmod(path.c_str(), 0600) != 0) {
    throw_errno("cannot listen on", path);
  }
  return fd;
}

std::optional<NotifyMessage> receive_notification(int socket) {
  std::array<char, 4096> block;
  alignas(cmsghdr) std::array<char, kControl> control{};
  iovec part{block.data(), block.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  ssize_t count = 0;
  do {
    count = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  } while (count < 0 && errno == EINTR);
  if (count < 0) return std::nullopt;
  NotifyMessage out{.text = std::string(block.data(), static_cast<std::size_t>(count))};
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET) continue;
    if (header->cmsg_type == SCM_CREDENTIALS) {
      ucred credentials{};
      std::memcpy(&credentials, CMSG_DATA(header), sizeof credentials);
      out.sender = credentials.pid;
    } else if (header->cmsg_type == SCM_RIGHTS) {
      const std::size_t fds = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
      for (std::size_t i = 0; i < fds; ++i) {
        int fd = -1;
        std::memcpy(&fd, CMSG_DATA(header) + i * sizeof fd, sizeof fd);
        out.fds.emplace_back(fd);
      }
    }
  }
  return out;
}

}  // namespace hwcsync
