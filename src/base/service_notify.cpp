#include "src/base/service_notify.hpp"

#include "src/base/error.hpp"

#include <systemd/sd-daemon.h>

#include <atomic>
#include <cstdlib>

#include <fcntl.h>
#include <time.h>

namespace hwcsync {
namespace {

// A status is one line, and every line of a notification is an assignment: what comes after a newline would
// be taken for another one.
std::string one_line(std::string_view text) {
  return std::string(text.substr(0, text.find('\n')));
}

std::atomic<bool> manager_has_died = false;

void notify(const std::string& state) {
  // A manager that does not listen is no reason to fail.
  sd_notify(0, state.c_str());
}

std::string monotonic_microseconds() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::to_string(static_cast<unsigned long long>(now.tv_sec) * 1000000ULL +
                        static_cast<unsigned long long>(now.tv_nsec) / 1000ULL);
}

}  // namespace

bool service_manager_listens() noexcept {
  const char* socket = std::getenv("NOTIFY_SOCKET");
  return !manager_has_died && socket != nullptr && *socket != '\0';
}

void forget_service_manager() noexcept {
  manager_has_died = true;
}

void notify_ready(std::string_view status) {
  notify("READY=1\nSTATUS=" + one_line(status));
}

void notify_status(std::string_view status) {
  notify("STATUS=" + one_line(status));
}

void notify_reloading() {
  notify("RELOADING=1\nMONOTONIC_USEC=" + monotonic_microseconds());
}

void notify_stopping() {
  notify("STOPPING=1");
}

void notify_watchdog() {
  notify("WATCHDOG=1");
}

bool store_fd(std::string_view name, int fd) {
  // FDPOLL=0: a descriptor that polls as broken for a moment must not be thrown away behind our back.
  const std::string state = "FDSTORE=1\nFDPOLL=0\nFDNAME=" + std::string(name);
  return sd_pid_notify_with_fds(0, 0, state.c_str(), &fd, 1) > 0;
}

void forget_stored_fd(std::string_view name) {
  notify("FDSTOREREMOVE=1\nFDNAME=" + std::string(name));
}

std::vector<PassedFd> take_passed_fds() {
  char** names = nullptr;
  const int count = sd_listen_fds_with_names(1, &names);
  if (count < 0) throw SystemError("cannot take over", "descriptors from the service manager", -count);
  std::vector<PassedFd> out;
  for (int i = 0; i < count; ++i) {
    const int fd = SD_LISTEN_FDS_START + i;
    ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    out.push_back({names != nullptr && names[i] != nullptr ? names[i] : "", Fd(fd)});
    if (names != nullptr) std::free(names[i]);
  }
  std::free(names);
  return out;
}

}  // namespace hwcsync
