#include "tests/view/program_fixture.hpp"

#include "src/base/json.hpp"

#include <array>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <thread>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace hwcsync::test {
namespace {

// The process that listens, or -1: a listener's credentials are those of who called listen().
pid_t listener_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size());
  const Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return -1;
  ucred peer{};
  socklen_t size = sizeof peer;
  return ::getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 ? peer.pid : -1;
}

}  // namespace

Program::Program(const Host& host) : socket_(host.options().socket), log_(host.path("log")) {
  const Json settings{{"version", 1},
                      {"repository", {{"url", "/srv/none.git"}}},
                      {"identities", host.options().identities},
                      {"state-dir", host.options().state_dir},
                      {"runtime-dir", host.options().runtime_dir}};
  const std::string config = host.path("config.yaml");
  std::ofstream(config) << settings.dump();
  const char* named = std::getenv("HWCSYNC_RELEASE_PROGRAM");
  const char* program = named == nullptr ? HWCSYNC_PROGRAM : named;
  pid_ = ::fork();
  if (pid_ == 0) {
    ::unsetenv("NOTIFY_SOCKET");
    const int log = ::open(log_.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(log, STDERR_FILENO);
    // Where a core would be.
    if (::chdir(host.path("").c_str()) != 0) ::_exit(127);
    ::execl(program, program, "secretsd", "--config", config.c_str(), nullptr);
    ::_exit(127);
  }
  try {
    static_cast<void>(serving());
  } catch (...) {
    end();
    throw;
  }
}

Program::~Program() {
  end();
}

pid_t Program::serving(pid_t before) const {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (std::chrono::steady_clock::now() < end) {
    const pid_t pid = listener_of(socket_);
    if (pid > 0 && pid != before) return pid;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  throw std::runtime_error("the secret service does not listen: " + read_file(log_));
}

void Program::kill_holder() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

int Program::end() {
  if (pid_ <= 0) return 0;
  int status = 0;
  ::kill(pid_, SIGTERM);
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  return status;
}

}  // namespace hwcsync::test
