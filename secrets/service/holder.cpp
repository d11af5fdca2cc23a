#include "secrets/service/holder.hpp"

#include "src/base/atomic_file.hpp"
#include "src/base/error.hpp"
#include "src/base/event_loop.hpp"
#include "src/base/file_lock.hpp"
#include "src/base/log.hpp"
#include "src/base/notify_message.hpp"
#include "src/base/text.hpp"

#include <climits>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <map>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace hwcsync::secrets {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstPause{100};
constexpr milliseconds kLongestPause{5'000};

FileLock take_lock(const std::string& runtime_dir) {
  make_directories(runtime_dir, 0755);
  auto lock = FileLock::try_lock(runtime_dir + "/holder.lock");
  if (!lock) {
    throw BusyError(
        {"cannot serve secrets in", runtime_dir, "another secrets service does",
         "stop it first: it is the parent of the process that listens on " + runtime_dir + "/secrets"});
  }
  return std::move(*lock);
}

std::string child_file(const HolderOptions& options) {
  return options.places.runtime_dir + "/holder.child";
}

// Whether the service that the holder before us started is still there.
bool orphan_lives(const HolderOptions& options) {
  try {
    const std::string text(trim(read_file(child_file(options), 64)));
    pid_t pid = 0;
    std::from_chars(text.data(), text.data() + text.size(), pid);
    return pid > 0 && ::kill(pid, 0) == 0;
  } catch (const SystemError&) {
    return false;
  }
}

// A service whose holder was killed ends by itself (PR_SET_PDEATHSIG) and takes its views away before it lets
// go of its lock. One that hangs does not; ours could not start beside it.
void await_end_of_orphan(const HolderOptions& options) {
  const std::string path = options.places.runtime_dir + "/secretsd.lock";
  const auto end = std::chrono::steady_clock::now() + options.patience;
  while (!FileLock::try_lock(path)) {
    if (!orphan_lives(options) && !FileLock::try_lock(path)) {
      throw BusyError({"cannot serve secrets in", options.places.runtime_dir, "another secrets service does",
                       "systemctl status hwcsync-secrets"});
    }
    if (std::chrono::steady_clock::now() >= end) {
      throw BusyError(
          {"cannot serve secrets in", options.places.runtime_dir, "a service whose holder is dead still does",
           "end it by hand: it is the process that listens on " + options.places.runtime_dir + "/secrets"});
    }
    std::this_thread::sleep_for(milliseconds(20));
  }
}

class Holder {
 public:
  explicit Holder(const HolderOptions& options)
      : options_(options),
        socket_(options.places.runtime_dir + "/notify"),
        lock_(take_lock(options.places.runtime_dir)),
        notify_(listen_for_notifications(socket_)) {
    await_end_of_orphan(options);
    sources_[0] = loop_.on_signal(SIGTERM, [this] { end(); });
    sources_[1] = loop_.on_signal(SIGINT, [this] { end(); });
    sources_[2] = loop_.on_signal(SIGHUP, [this] { pass_on(SIGHUP); });
    sources_[3] = loop_.watch(notify_.get(), {.readable = true}, [this](Readiness) { hear(); });
  }
  ~Holder() {
    ::unlink(child_file(options_).c_str());
    ::unlink(socket_.c_str());
  }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;

  int run() {
    spawn();
    const int code = loop_.run();
    // Nobody will answer for them any more. Without a service of ours they are somebody else's.
    stored_.clear();
    if (was_ready_) detach_views(options_.places, {});
    return code;
  }

 private:
  void spawn() {
    ready_ = false;
    // fork and not posix_spawn: LISTEN_PID is the child's own number. We have no other thread and no secret.
    const pid_t holder = ::getpid();
    child_ = ::fork();
    if (child_ < 0) throw_errno("cannot start", options_.argv.front());
    if (child_ == 0) become_service(holder);
    note_child();
    ended_ = loop_.on_child(child_, [this](int status) { on_end(status); });
  }

  // For the holder after us. Where there is no space for it the views matter more.
  void note_child() const {
    try {
      AtomicFile file(child_file(options_), 0644);
      file.write(std::to_string(child_) + '\n');
      file.commit();
    } catch (const SystemError& error) {
      ::unlink(child_file(options_).c_str());
      log(LogLevel::warning, "cannot note the secret service's process", {{"reason", error.what()}});
    }
  }

  // In the child.
  [[noreturn]] void become_service(pid_t holder) {
    // The descriptors that make a successor possible die with us.
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != holder) ::_exit(0);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    std::string names;
    std::vector<int> high;
    for (const auto& [name, fd] : stored_) {
      high.push_back(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 500));
      names += (names.empty() ? "" : ":") + name;
    }
    for (std::size_t i = 0; i < high.size(); ++i) ::dup2(high[i], static_cast<int>(i) + 3);
    ::setenv("NOTIFY_SOCKET", socket_.c_str(), 1);
    if (!high.empty()) {
      ::setenv("LISTEN_FDS", std::to_string(high.size()).c_str(), 1);
      ::setenv("LISTEN_FDNAMES", names.c_str(), 1);
      ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
    }
    std::vector<char*> argv;
    for (const std::string& word : options_.argv) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    ::execv(argv.front(), argv.data());
    log(LogLevel::error, "cannot start the secret service",
        {{"path", options_.argv.front()}, {"reason", SystemError("cannot run", "it", errno).what()}});
    ::_exit(127);
  }

  void hear() {
    while (auto message = receive_notification(notify_.get())) {
      if (message->sender != child_) continue;
      const std::string name = message->value("FDNAME");
      if (message->has("FDSTORE=1") && !message->fds.empty() && !name.empty() &&
          name.find(':') == std::string::npos) {
        stored_[name] = std::move(message->fds.front());
      }
      if (message->has("FDSTOREREMOVE=1")) stored_.erase(name);
      if (!message->has("READY=1")) continue;
      ready_ = was_ready_ = true;
      pause_ = kFirstPause;
    }
  }

  void on_end(int status) {
    hear();  // what it said before it died
    child_ = -1;
    const bool orderly = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (ending_) {
      loop_.exit(0);
    } else if (!was_ready_ && WIFEXITED(status)) {
      // Its message is on stderr; another try would say the same.
      loop_.exit(orderly ? 1 : WEXITSTATUS(status));
    } else {
      log(LogLevel::warning, "the secret service has ended, starting it again",
          {{"status", WIFEXITED(status) ? std::to_string(WEXITSTATUS(status))
                                        : "signal " + std::to_string(WTERMSIG(status)) +
                                              (WCOREDUMP(status) ? ", core dumped" : "")}});
      if (ready_) {
        spawn();
      } else {
        again_ = loop_.after(pause_, [this] { spawn(); });
        pause_ = std::min(2 * pause_, kLongestPause);
      }
    }
  }

  void end() {
    ending_ = true;
    again_.reset();
    if (child_ <= 0) {
      loop_.exit(0);
      return;
    }
    pass_on(SIGTERM);
    too_late_ = loop_.after(options_.patience, [this] { pass_on(SIGKILL); });
  }

  void pass_on(int signal) const {
    if (child_ > 0) ::kill(child_, signal);
  }

  const HolderOptions& options_;
  EventLoop loop_;
  std::string socket_;
  FileLock lock_;
  Fd notify_;
  std::array<EventLoop::Source, 4> sources_;
  EventLoop::Source ended_;
  EventLoop::Source again_;
  EventLoop::Source too_late_;
  std::map<std::string, Fd> stored_;
  pid_t child_ = -1;
  bool ready_ = false;      // this one
  bool was_ready_ = false;  // any one before
  bool ending_ = false;
  milliseconds pause_ = kFirstPause;
};

}  // namespace

int run_holder(const HolderOptions& options) {
  return Holder(options).run();
}

std::vector<std::string> own_command_line() {
  std::vector<std::string> argv = split(read_file("/proc/self/cmdline"), '\0');
  if (!argv.empty() && argv.back().empty()) argv.pop_back();
  std::array<char, PATH_MAX> path{};
  const ssize_t length = ::readlink("/proc/self/exe", path.data(), path.size());
  if (length <= 0 || argv.empty()) throw_errno("cannot tell the path of", "this program");
  argv.front() = std::string(path.data(), static_cast<std::size_t>(length));
  return argv;
}

}  // namespace hwcsync::secrets
