#pragma once

#include <chrono>
#include <exception>
#include <functional>
#include <memory>

#include <sys/types.h>

struct sd_event;

namespace hwcsync {

// What a watched descriptor is asked for and what was found. Hang-up and error arrive as `broken` whatever
// was asked.
struct Readiness {
  bool readable = false;
  bool writable = false;
  bool broken = false;
};

// One loop (sd-event) that belongs to the thread that made it; nothing here may be called from another
// thread. A callback that throws ends the step: step() and run() rethrow the exception to their caller.
class EventLoop {
  struct Registration;

 public:
  // Keeps a callback registered; leaves the loop in the destructor. May be destroyed inside its own callback.
  class Source {
   public:
    Source() noexcept;
    Source(Source&&) noexcept;
    Source& operator=(Source&&) noexcept;
    ~Source();
    [[nodiscard]] explicit operator bool() const noexcept { return registration_ != nullptr; }
    void reset() noexcept;

    // For a descriptor: what to wait for from now on. For others an Error.
    void set_interest(Readiness interest);
    // For a timer: fires once more, this long from now. For others an Error.
    void rearm(std::chrono::milliseconds after);

   private:
    friend class EventLoop;
    explicit Source(std::shared_ptr<Registration> registration) noexcept;
    std::shared_ptr<Registration> registration_;
  };

  enum class Step { idle, worked, exited };

  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // The descriptor stays the caller's and must outlive the source.
  [[nodiscard]] Source watch(int fd, Readiness interest, std::function<void(Readiness)> callback);

  // Fires once; rearm() in the callback makes it periodic.
  [[nodiscard]] Source after(std::chrono::milliseconds delay, std::function<void()> callback);

  // Blocks the signal in the calling thread, so call it before threads are started (they inherit the mask).
  [[nodiscard]] Source on_signal(int signal, std::function<void()> callback);

  // Fires once when the child has ended, with waitpid's status; the child is reaped. `pid` must be our child.
  [[nodiscard]] Source on_child(pid_t pid, std::function<void(int)> callback);

  // Runs before the loop waits again: for work that must not happen inside the present call.
  [[nodiscard]] Source soon(std::function<void()> callback);

  // Waits at most this long for one event and handles it. Zero only looks.
  Step step(std::chrono::milliseconds timeout);

  // Until exit() was called; gives its code.
  int run();
  void exit(int code);

  // Pets systemd's watchdog from inside the loop, when the unit has one; without one nothing happens.
  void keep_watchdog();

 private:
  sd_event* event_ = nullptr;
  std::exception_ptr failure_;
};

}  // namespace hwcsync
