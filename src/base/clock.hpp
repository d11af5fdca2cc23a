#pragma once

#include <chrono>
#include <string>

namespace hwcsync {

using WallTime = std::chrono::system_clock::time_point;

// The seam to time; a test advances a fake.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual WallTime now() const = 0;
  [[nodiscard]] virtual std::chrono::steady_clock::time_point steady_now() const = 0;
  // Waits; a fake returns at once and moves its time. Called by the worker of a run only, never by an event loop.
  virtual void sleep_for(std::chrono::milliseconds duration) = 0;
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] WallTime now() const override;
  [[nodiscard]] std::chrono::steady_clock::time_point steady_now() const override;
  void sleep_for(std::chrono::milliseconds duration) override;
};

// RFC 3339 in UTC with milliseconds: "2026-11-20T10:02:44.120Z".
[[nodiscard]] std::string format_time(WallTime time);
// The inverse; throws Error. Accepts what format_time writes.
[[nodiscard]] WallTime parse_time(const std::string& text);

// As people say it: "0.1 s", "20 s", "3 min", "1 min 14 s", "2 h", "3 days".
[[nodiscard]] std::string format_duration(std::chrono::milliseconds duration);

}  // namespace hwcsync
