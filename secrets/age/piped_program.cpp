#include "secrets/age/piped_program.hpp"

#include "src/base/error.hpp"
#include "src/base/fd.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace hwcsync::secrets {
namespace {

constexpr int kDeadlineMs = 60'000;
constexpr std::size_t kErrorLimit = 4096;
constexpr int kExtraFd = 3;

// What the child gets lies above the numbers that it gets it under, so that no dup2 there overwrites another.
Fd move_up(int fd) {
  const Fd low(fd);
  Fd out(::fcntl(low.get(), F_DUPFD_CLOEXEC, 10));
  if (out.get() < 0) throw_errno("cannot duplicate", "a descriptor");
  return out;
}

struct Pipe {
  Fd read;
  Fd write;
};

Pipe make_pipe() {
  std::array<int, 2> fds{};
  if (::pipe2(fds.data(), O_CLOEXEC) != 0) throw_errno("cannot make", "a pipe");
  return {move_up(fds[0]), move_up(fds[1])};
}

// A socket for the child's stdin: a write to a child that is gone is then an error without a signal.
Pipe make_input() {
  std::array<int, 2> fds{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data()) != 0)
    throw_errno("cannot make", "a socket pair");
  return {move_up(fds[0]), move_up(fds[1])};
}

// All of it fits into the pipe.
Pipe make_filled_pipe(Bytes content) {
  Pipe out = make_pipe();
  ::fcntl(out.write.get(), F_SETFL, O_NONBLOCK);
  if (::write(out.write.get(), address_of(content), content.size()) != static_cast<ssize_t>(content.size()))
    throw_errno("cannot fill", "a pipe");
  out.write = Fd();
  return out;
}

class Actions {
 public:
  Actions() { ::posix_spawn_file_actions_init(&actions_); }
  ~Actions() { ::posix_spawn_file_actions_destroy(&actions_); }
  Actions(const Actions&) = delete;
  Actions& operator=(const Actions&) = delete;
  void put(const Fd& fd, int at) { ::posix_spawn_file_actions_adddup2(&actions_, fd.get(), at); }
  [[nodiscard]] const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

class Attributes {
 public:
  Attributes() {
    ::posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigset_t all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~Attributes() { ::posix_spawnattr_destroy(&attributes_); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  [[nodiscard]] const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

pid_t spawn(const std::vector<std::string>& argv, const Actions& actions,
            const std::map<std::string, std::string>& environment) {
  std::vector<std::string> variables;
  for (const auto& [name, value] : environment) variables.push_back(name + '=' + value);
  const auto pointers = [](const std::vector<std::string>& texts) {
    std::vector<char*> out;
    for (const std::string& text : texts) out.push_back(const_cast<char*>(text.c_str()));
    out.push_back(nullptr);
    return out;
  };
  const Attributes attributes;
  pid_t pid = 0;
  const int code = ::posix_spawnp(&pid, argv.front().c_str(), actions.get(), attributes.get(),
                                  pointers(argv).data(), pointers(variables).data());
  if (code != 0) throw SystemError("cannot start", argv.front(), code);
  return pid;
}

void write_some(Fd& fd, Bytes& rest) {
  const ssize_t n =
      rest.empty() ? 0 : ::send(fd.get(), rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (n > 0) rest = rest.subspan(static_cast<std::size_t>(n));
  // A reader that went away has its reason; it is told by its status.
  if (rest.empty() || (n < 0 && errno != EAGAIN && errno != EINTR)) fd = Fd();
}

// False at the end.
template <typename Sink>
bool read_some(const Fd& fd, const Sink& sink) {
  SecureBuffer chunk(std::size_t{4096});
  const ssize_t n = ::read(fd.get(), chunk.data(), chunk.size());
  if (n > 0) sink(chunk.bytes().first(static_cast<std::size_t>(n)));
  return n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN));
}

}  // namespace

PipedResult run_piped(const std::vector<std::string>& argv, Bytes input, Bytes extra,
                      const std::map<std::string, std::string>& environment) {
  Pipe in = make_input();
  Pipe out = make_pipe();
  Pipe err = make_pipe();
  Pipe more = make_filled_pipe(extra);
  Actions actions;
  actions.put(in.read, STDIN_FILENO);
  actions.put(out.write, STDOUT_FILENO);
  actions.put(err.write, STDERR_FILENO);
  actions.put(more.read, kExtraFd);
  const pid_t pid = spawn(argv, actions, environment);
  in.read = Fd();
  out.write = Fd();
  err.write = Fd();
  more.read = Fd();

  PipedResult result;
  bool out_open = true;
  bool err_open = true;
  bool in_time = true;
  while (in_time && (out_open || err_open)) {
    std::array<pollfd, 3> fds{{{in.write.get(), POLLOUT, 0},
                               {out_open ? out.read.get() : -1, POLLIN, 0},
                               {err_open ? err.read.get() : -1, POLLIN, 0}}};
    in_time = ::poll(fds.data(), fds.size(), kDeadlineMs) != 0;
    if (fds[0].revents != 0) write_some(in.write, input);
    if (fds[1].revents != 0)
      out_open = read_some(out.read, [&](Bytes bytes) { result.output.append(bytes); });
    if (fds[2].revents != 0) {
      err_open = read_some(err.read, [&](Bytes bytes) {
        const std::size_t room = kErrorLimit - std::min(kErrorLimit, result.errors.size());
        result.errors.append(reinterpret_cast<const char*>(bytes.data()), std::min(room, bytes.size()));
      });
    }
  }
  if (!in_time) ::kill(pid, SIGKILL);
  while (::waitpid(pid, &result.status, 0) < 0 && errno == EINTR) {
  }
  return result;
}

}  // namespace hwcsync::secrets
