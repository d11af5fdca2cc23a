#include "src/cli/passphrase.hpp"

#include "src/base/error.hpp"
#include "src/base/fd.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>

#include <fcntl.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

namespace hwcsync::cli {
namespace {

constexpr std::size_t kLimit = 1024;

// Keeps what would end us waiting until the terminal is as it was; then it ends us as ever.
class HeldSignals {
 public:
  HeldSignals() {
    sigset_t ending;
    ::sigemptyset(&ending);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) ::sigaddset(&ending, signal);
    ::pthread_sigmask(SIG_BLOCK, &ending, &before_);
    seen_ = Fd(::signalfd(-1, &ending, SFD_CLOEXEC));
    if (!seen_.valid()) throw_errno("cannot wait for", "signals");
  }
  ~HeldSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  HeldSignals(const HeldSignals&) = delete;
  HeldSignals& operator=(const HeldSignals&) = delete;

  // Waits until there is something to read; a signal is left pending.
  void await(const Fd& terminal) const {
    std::array<pollfd, 2> polled{pollfd{terminal.get(), POLLIN, 0}, pollfd{seen_.get(), POLLIN, 0}};
    while (::poll(polled.data(), polled.size(), -1) < 0) {
      if (errno != EINTR) throw_errno("cannot wait for", "/dev/tty");
    }
    if (polled[1].revents != 0) throw BusyError("cannot ask for", "a passphrase", "it was cancelled");
  }

 private:
  sigset_t before_{};
  Fd seen_;
};

// Turns the echo off and, whatever happens, on again.
class NoEcho {
 public:
  explicit NoEcho(const Fd& terminal) : terminal_(terminal) {
    if (::tcgetattr(terminal_.get(), &before_) != 0) throw_errno("cannot read the settings of", "/dev/tty");
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    if (::tcsetattr(terminal_.get(), TCSAFLUSH, &quiet) != 0)
      throw_errno("cannot turn off the echo of", "/dev/tty");
  }
  ~NoEcho() { ::tcsetattr(terminal_.get(), TCSAFLUSH, &before_); }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;

 private:
  const Fd& terminal_;
  termios before_{};
};

}  // namespace

std::optional<secrets::SecureBuffer> ask_passphrase(std::string_view prompt) {
  const Fd terminal(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
  if (terminal.get() < 0) return std::nullopt;
  const HeldSignals held;
  const NoEcho no_echo(terminal);
  write_all(terminal.get(), prompt, "/dev/tty");
  secrets::SecureBuffer line(kLimit);
  std::size_t size = 0;
  while (size < kLimit) {
    held.await(terminal);
    const ssize_t n = ::read(terminal.get(), line.data() + size, 1);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw_errno("cannot read a passphrase from", "/dev/tty");
    if (n == 0 || line.data()[size] == '\n') break;
    ++size;
  }
  write_all(terminal.get(), "\n", "/dev/tty");
  if (size == kLimit)
    throw UsageError({"cannot use", "a passphrase", "it is longer than 1023 bytes", "type a shorter one"});
  line.truncate(size);
  return line;
}

}  // namespace hwcsync::cli
