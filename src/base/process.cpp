#include "src/base/process.hpp"

#include "src/base/error.hpp"
#include "src/base/fd.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace hwcsync {
namespace {

constexpr std::size_t kErrorTail = 64U << 10U;
constexpr std::chrono::milliseconds kGrace{2000};
using SteadyClock = std::chrono::steady_clock;

struct Pipe {
  Fd read;
  Fd write;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw_errno("cannot create", "a pipe");
  return {Fd(ends[0]), Fd(ends[1])};
}

// posix_spawn's two settings objects, freed on every path.
class SpawnSettings {
 public:
  SpawnSettings() {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigset_t all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    // A blocked mask is inherited through posix_spawn: reset it, and every handler with it.
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    ::posix_spawnattr_setflags(&attributes_,
                               POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  ~SpawnSettings() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  void dup(int from, int to) { ::posix_spawn_file_actions_adddup2(&actions_, from, to); }
  void chdir(const std::string& path) { ::posix_spawn_file_actions_addchdir_np(&actions_, path.c_str()); }
  const posix_spawn_file_actions_t* actions() const { return &actions_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> out;
  for (std::string& s : strings) out.push_back(s.data());
  out.push_back(nullptr);
  return out;
}

pid_t spawn(const Command& command, const SpawnSettings& settings) {
  std::vector<std::string> arguments = command.argv;
  std::vector<std::string> variables;
  for (const auto& [name, value] : command.environment) variables.push_back(name + '=' + value);
  auto argv = pointers(arguments);
  auto envp = pointers(variables);
  pid_t pid = -1;
  const int code =
      ::posix_spawnp(&pid, argv[0], settings.actions(), settings.attributes(), argv.data(), envp.data());
  if (code != 0) throw SystemError("cannot run", command.argv.front(), code, "is it installed and in PATH?");
  return pid;
}

void append_tail(std::string& text, std::string_view more) {
  text += more;
  if (text.size() > kErrorTail) text.erase(0, text.size() - kErrorTail);
}

// Moves bytes between us and one child until it is gone, or its time is up.
class Conversation {
 public:
  Conversation(const Command& command, pid_t pid, Fd in, Fd out, Fd err)
      : command_(command), pid_(pid), in_(std::move(in)), out_(std::move(out)), err_(std::move(err)) {
    pidfd_ = Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (in_.valid()) ::fcntl(in_.get(), F_SETFL, O_NONBLOCK);
    deadline_ = SteadyClock::now() + command.deadline;
    if (command.standard_input.empty()) in_.reset();
  }

  ProcessResult finish() {
    while (out_.valid() || err_.valid() || !exited_) step();
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    if (timed_out_) {
      result_.status = {ExitStatus::Kind::timed_out, 0};
    } else if (WIFEXITED(status)) {
      result_.status = {ExitStatus::Kind::exited, WEXITSTATUS(status)};
    } else {
      result_.status = {ExitStatus::Kind::signalled, WTERMSIG(status)};
    }
    return std::move(result_);
  }

 private:
  void step() {
    std::array<pollfd, 4> polled{pollfd{pidfd_.get(), short(exited_ ? 0 : POLLIN), 0},
                                 pollfd{in_.get(), POLLOUT, 0}, pollfd{out_.get(), POLLIN, 0},
                                 pollfd{err_.get(), POLLIN, 0}};
    if (exited_) polled[0].fd = -1;
    const int ready = ::poll(polled.data(), polled.size(), wait_time());
    if (ready < 0 && errno != EINTR) throw_errno("cannot wait for", command_.argv.front());
    if (SteadyClock::now() >= deadline_) enforce();
    if (ready <= 0) return;
    if (polled[1].revents != 0) feed();
    if (polled[2].revents != 0) drain(out_, false);
    if (polled[3].revents != 0) drain(err_, true);
    if (polled[0].revents != 0 && !exited_) {
      exited_ = true;
      // A grandchild may hold the pipes open: what is there now is what we take, soon after.
      deadline_ = std::min(deadline_, SteadyClock::now() + kGrace);
    }
  }

  int wait_time() const {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - SteadyClock::now());
    return static_cast<int>(std::max<long>(left.count() + 1, 0));
  }

  void enforce() {
    if (exited_) {
      out_.reset();
      err_.reset();
      return;
    }
    ::kill(-pid_, timed_out_ ? SIGKILL : SIGTERM);
    timed_out_ = true;
    deadline_ = SteadyClock::now() + kGrace;
  }

  void feed() {
    const std::string_view rest = std::string_view(command_.standard_input).substr(fed_);
    const ssize_t n = ::write(in_.get(), rest.data(), rest.size());
    if (n > 0) fed_ += static_cast<std::size_t>(n);
    if ((n < 0 && errno != EAGAIN && errno != EINTR) || fed_ == command_.standard_input.size()) in_.reset();
  }

  void drain(Fd& fd, bool is_error) {
    std::array<char, 65536> block;
    const ssize_t n = ::read(fd.get(), block.data(), block.size());
    if (n < 0 && errno == EINTR) return;
    if (n <= 0) {
      fd.reset();
      return;
    }
    const std::string_view bytes(block.data(), static_cast<std::size_t>(n));
    if (is_error) {
      append_tail(result_.errors, bytes);
    } else if (result_.output.size() < command_.output_limit) {
      result_.output += bytes.substr(0, command_.output_limit - result_.output.size());
    }
  }

  const Command& command_;
  pid_t pid_;
  Fd pidfd_;
  Fd in_;
  Fd out_;
  Fd err_;
  SteadyClock::time_point deadline_;
  std::size_t fed_ = 0;
  bool exited_ = false;
  bool timed_out_ = false;
  ProcessResult result_;
};

}  // namespace

std::string ExitStatus::to_string() const {
  switch (kind) {
    case Kind::exited:
      return "exit status " + std::to_string(value);
    case Kind::signalled:
      return "killed by signal " + std::to_string(value);
    case Kind::timed_out:
      break;
  }
  return "timed out";
}

ProcessResult SystemProcessRunner::run(const Command& command) {
  SpawnSettings settings;
  Pipe in = make_pipe();
  Pipe out;
  Pipe err;
  settings.dup(in.read.get(), 0);
  if (command.output_file) {
    out.write = open_file(*command.output_file, O_WRONLY | O_CREAT | O_APPEND, 0600);
    settings.dup(out.write.get(), 1);
    settings.dup(out.write.get(), 2);
  } else {
    out = make_pipe();
    err = make_pipe();
    settings.dup(out.write.get(), 1);
    settings.dup(err.write.get(), 2);
  }
  if (!command.directory.empty()) settings.chdir(command.directory);
  const pid_t pid = spawn(command, settings);
  in.read.reset();
  out.write.reset();
  err.write.reset();
  return Conversation(command, pid, std::move(in.write), std::move(out.read), std::move(err.read)).finish();
}

ProcessResult ProcessRunner::require(const Command& command, std::string_view what) {
  ProcessResult result = run(command);
  if (result.status.ok()) return result;
  const std::string line = telling_line(result.errors);
  throw Error("cannot", what, result.status.to_string() + (line.empty() ? "" : ": " + line));
}

std::string telling_line(std::string_view text) {
  for (const std::string_view mark : {"fatal: ", "error: ", "Error: "}) {
    const auto at = text.find(mark);
    if (at != std::string_view::npos && (at == 0 || text[at - 1] == '\n')) {
      return std::string(text.substr(at, text.find('\n', at) - at));
    }
  }
  return last_line(text);
}

std::map<std::string, std::string> minimal_environment() {
  std::map<std::string, std::string> out{{"LANG", "C.UTF-8"}};
  for (const char* name : {"PATH", "HOME", "LOCALE_ARCHIVE", "TMPDIR"}) {
    if (const char* value = std::getenv(name); value != nullptr) out[name] = value;
  }
  return out;
}

std::string last_line(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  const auto newline = text.rfind('\n');
  return std::string(newline == std::string_view::npos ? text : text.substr(newline + 1));
}

}  // namespace hwcsync
