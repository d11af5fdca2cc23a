#include "src/base/event_loop.hpp"

#include "src/base/error.hpp"
#include "src/base/fd.hpp"

#include <systemd/sd-event.h>

#include <csignal>
#include <cstdint>
#include <utility>

#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace hwcsync {
namespace {

// Microseconds; 0 would stand for sd-event's default of a quarter of a second.
constexpr std::uint64_t kTimerSlack = 1000;

}  // namespace
namespace {

// sd-event speaks negative errno values.
int check(int result, std::string_view what) {
  if (result < 0) throw SystemError("cannot", what, -result);
  return result;
}

std::uint32_t to_events(Readiness interest) {
  return (interest.readable ? EPOLLIN : 0U) | (interest.writable ? EPOLLOUT : 0U);
}

Readiness from_events(std::uint32_t events) {
  return {.readable = (events & EPOLLIN) != 0,
          .writable = (events & EPOLLOUT) != 0,
          .broken = (events & (EPOLLERR | EPOLLHUP)) != 0};
}

std::uint64_t microseconds(std::chrono::milliseconds time) {
  return time.count() <= 0 ? 0 : static_cast<std::uint64_t>(time.count()) * 1000U;
}

// On CLOCK_MONOTONIC. By the clock and not by the time that the loop remembers: a callback may have been at
// work for long.
std::uint64_t end_of(std::chrono::milliseconds delay) {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(now).count()) +
         microseconds(delay);
}

}  // namespace

struct EventLoop::Registration {
  explicit Registration(EventLoop& owner) : loop(owner) {}
  ~Registration() { leave(); }
  Registration(const Registration&) = delete;
  Registration& operator=(const Registration&) = delete;

  void leave() noexcept {
    if (source == nullptr) return;
    sd_event_source_set_enabled(source, SD_EVENT_OFF);
    source = sd_event_source_unref(source);
  }

  // Exceptions must not cross sd-event's C frames: they wait in the loop for step().
  template <typename Call>
  int guarded(Call call) noexcept {
    try {
      call();
    } catch (...) {
      loop.failure_ = std::current_exception();
    }
    return 0;
  }

  // The callback may destroy the Source that holds this registration, hence the second reference.
  static int on_io(sd_event_source*, int, std::uint32_t events, void* data) noexcept {
    const auto self = static_cast<Registration*>(data)->held.lock();
    return self ? self->guarded([&] { self->io(from_events(events)); }) : 0;
  }
  static int on_time(sd_event_source*, std::uint64_t, void* data) noexcept {
    const auto self = static_cast<Registration*>(data)->held.lock();
    return self ? self->guarded([&] { self->plain(); }) : 0;
  }
  static int on_signal(sd_event_source*, const struct signalfd_siginfo*, void* data) noexcept {
    return on_time(nullptr, 0, data);
  }
  static int on_defer(sd_event_source*, void* data) noexcept { return on_time(nullptr, 0, data); }

  EventLoop& loop;
  sd_event_source* source = nullptr;
  std::weak_ptr<Registration> held;
  Fd pidfd;
  std::function<void(Readiness)> io;
  std::function<void()> plain;
};

EventLoop::Source::Source() noexcept = default;
EventLoop::Source::Source(Source&&) noexcept = default;
EventLoop::Source::Source(std::shared_ptr<Registration> registration) noexcept
    : registration_(std::move(registration)) {}

EventLoop::Source& EventLoop::Source::operator=(Source&& other) noexcept {
  if (this != &other) {
    reset();
    registration_ = std::move(other.registration_);
  }
  return *this;
}

EventLoop::Source::~Source() {
  reset();
}

void EventLoop::Source::reset() noexcept {
  if (registration_) registration_->leave();
  registration_.reset();
}

void EventLoop::Source::set_interest(Readiness interest) {
  if (!registration_) throw Error("cannot change", "an event source", "it has left the loop");
  check(sd_event_source_set_io_events(registration_->source, to_events(interest)),
        "change what a descriptor waits for");
}

void EventLoop::Source::rearm(std::chrono::milliseconds after) {
  if (!registration_) throw Error("cannot rearm", "a timer", "it has left the loop");
  check(sd_event_source_set_time(registration_->source, end_of(after)), "rearm a timer");
  check(sd_event_source_set_enabled(registration_->source, SD_EVENT_ONESHOT), "rearm a timer");
}

EventLoop::EventLoop() {
  check(sd_event_new(&event_), "make an event loop");
}

EventLoop::~EventLoop() {
  sd_event_unref(event_);
}

EventLoop::Source EventLoop::watch(int fd, Readiness interest, std::function<void(Readiness)> callback) {
  auto made = std::make_shared<Registration>(*this);
  made->held = made;
  made->io = std::move(callback);
  check(sd_event_add_io(event_, &made->source, fd, to_events(interest), Registration::on_io, made.get()),
        "watch a descriptor");
  return Source(std::move(made));
}

EventLoop::Source EventLoop::after(std::chrono::milliseconds delay, std::function<void()> callback) {
  auto made = std::make_shared<Registration>(*this);
  made->held = made;
  made->plain = std::move(callback);
  check(sd_event_add_time(event_, &made->source, CLOCK_MONOTONIC, end_of(delay), kTimerSlack,
                          Registration::on_time, made.get()),
        "start a timer");
  return Source(std::move(made));
}

EventLoop::Source EventLoop::on_signal(int signal, std::function<void()> callback) {
  sigset_t one;
  ::sigemptyset(&one);
  ::sigaddset(&one, signal);
  if (const int code = ::pthread_sigmask(SIG_BLOCK, &one, nullptr); code != 0) {
    throw SystemError("cannot block", "a signal", code);
  }
  auto made = std::make_shared<Registration>(*this);
  made->held = made;
  made->plain = std::move(callback);
  check(sd_event_add_signal(event_, &made->source, signal, Registration::on_signal, made.get()),
        "wait for a signal");
  return Source(std::move(made));
}

EventLoop::Source EventLoop::on_child(pid_t pid, std::function<void(int)> callback) {
  auto made = std::make_shared<Registration>(*this);
  made->held = made;
  // A pidfd, unlike SIGCHLD, cannot be taken away by other code of the process.
  made->pidfd = Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!made->pidfd.valid()) throw_errno("cannot watch", "a child process");
  made->io = [pid, call = std::move(callback), self = made.get()](Readiness) {
    int status = 0;
    if (::waitpid(pid, &status, WNOHANG) != pid) return;
    self->leave();
    call(status);
  };
  check(sd_event_add_io(event_, &made->source, made->pidfd.get(), EPOLLIN, Registration::on_io, made.get()),
        "watch a child process");
  return Source(std::move(made));
}

EventLoop::Source EventLoop::soon(std::function<void()> callback) {
  auto made = std::make_shared<Registration>(*this);
  made->held = made;
  made->plain = std::move(callback);
  check(sd_event_add_defer(event_, &made->source, Registration::on_defer, made.get()), "defer work");
  return Source(std::move(made));
}

EventLoop::Step EventLoop::step(std::chrono::milliseconds timeout) {
  if (sd_event_get_state(event_) == SD_EVENT_FINISHED) return Step::exited;
  const int result = sd_event_run(event_, timeout.count() < 0 ? UINT64_MAX : microseconds(timeout));
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  check(result, "run the event loop");
  if (sd_event_get_state(event_) == SD_EVENT_FINISHED) return Step::exited;
  return result > 0 ? Step::worked : Step::idle;
}

int EventLoop::run() {
  while (step(std::chrono::milliseconds(-1)) != Step::exited) {
  }
  int code = 0;
  check(sd_event_get_exit_code(event_, &code), "read the exit code of the event loop");
  return code;
}

void EventLoop::exit(int code) {
  check(sd_event_exit(event_, code), "leave the event loop");
}

void EventLoop::keep_watchdog() {
  check(sd_event_set_watchdog(event_, 1), "keep the watchdog");
}

}  // namespace hwcsync
