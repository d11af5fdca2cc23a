#pragma once

#include <chrono>
#include <cstdint>

namespace hwcsync::watch {

struct BackoffOptions {
  std::chrono::milliseconds first{5'000};
  std::chrono::milliseconds longest{1'800'000};
};

// How long to wait after this many failures in a row (1 = the first): doubles from `first` to `longest`, then
// a quarter of it up or down, so that many hosts do not come back at the same instant. The same (failures,
// seed) gives the same time; zero failures give zero.
[[nodiscard]] std::chrono::milliseconds backoff(unsigned failures, std::uint64_t seed,
                                                BackoffOptions options = {});

}  // namespace hwcsync::watch
