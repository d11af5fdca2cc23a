#include "watcher/debounce.hpp"

#include <algorithm>
#include <utility>

namespace hwcsync::watch {

void Debounce::note(Time now) {
  if (!first_) first_ = now;
  last_ = std::max(now, *first_);
}

std::optional<Debounce::Time> Debounce::due() const {
  if (!first_) return std::nullopt;
  return std::min(last_ + quiet_, *first_ + longest_);
}

std::optional<Debounce::Time> Debounce::take(Time now) {
  const std::optional<Time> when = due();
  if (!when || now < *when) return std::nullopt;
  return std::exchange(first_, std::nullopt);
}

}  // namespace hwcsync::watch
