#pragma once

#include "src/base/clock.hpp"

#include <functional>

namespace hwcsync::test {

// Time that passes only by waiting for it. `on_sleep` is what happens in the world meanwhile.
class FakeClock final : public Clock {
 public:
  [[nodiscard]] WallTime now() const override { return wall_; }
  [[nodiscard]] std::chrono::steady_clock::time_point steady_now() const override { return steady_; }
  void sleep_for(std::chrono::milliseconds duration) override {
    wall_ += duration;
    steady_ += duration;
    if (on_sleep) on_sleep();
  }

  std::function<void()> on_sleep;

 private:
  WallTime wall_ = std::chrono::system_clock::from_time_t(1'795'000'000);
  std::chrono::steady_clock::time_point steady_{};
};

}  // namespace hwcsync::test
