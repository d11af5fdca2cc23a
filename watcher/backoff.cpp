#include "watcher/backoff.hpp"

#include <algorithm>

namespace hwcsync::watch {
namespace {

// splitmix64: neighbouring seeds give unrelated numbers.
std::uint64_t mix(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15ULL;
  value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  value = (value ^ (value >> 27U)) * 0x94d049bb133111ebULL;
  return value ^ (value >> 31U);
}

}  // namespace

std::chrono::milliseconds backoff(unsigned failures, std::uint64_t seed, BackoffOptions options) {
  if (failures == 0) return std::chrono::milliseconds(0);
  std::int64_t base = options.first.count();
  for (unsigned i = 1; i < failures && base < options.longest.count(); ++i) base *= 2;
  base = std::min<std::int64_t>(base, options.longest.count());
  const std::int64_t spread = base / 2;
  if (spread == 0) return std::chrono::milliseconds(base);
  const auto offset = static_cast<std::int64_t>(mix(seed + failures) % static_cast<std::uint64_t>(spread));
  return std::chrono::milliseconds(base - spread / 2 + offset);
}

}  // namespace hwcsync::watch
