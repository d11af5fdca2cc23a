#include "watcher/alarm.hpp"

#include "src/base/error.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

#include <sys/timerfd.h>
#include <unistd.h>

namespace hwcsync::watch {

Alarm::Alarm(EventLoop& loop, std::function<void()> callback)
    : fd_(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)), callback_(std::move(callback)) {
  if (!fd_.valid()) throw_errno("cannot make", "a timer");
  source_ = loop.watch(fd_.get(), {.readable = true}, [this](Readiness) {
    std::uint64_t expirations = 0;
    if (::read(fd_.get(), &expirations, sizeof expirations) > 0) callback_();
  });
}

void Alarm::set(std::chrono::microseconds delay) {
  // Zero would disarm it.
  const auto count = std::max<std::int64_t>(delay.count(), 1);
  itimerspec when{};
  when.it_value.tv_sec = static_cast<time_t>(count / 1'000'000);
  when.it_value.tv_nsec = static_cast<long>(count % 1'000'000) * 1000;
  if (::timerfd_settime(fd_.get(), 0, &when, nullptr) != 0) throw_errno("cannot set", "a timer");
}

}  // namespace hwcsync::watch
