#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace hwcsync {

// An immutable value that one thread replaces and others read; each reader keeps the one that it got. Any
// thread. std::atomic<std::shared_ptr> would do, but that of GCC 12 gives up its lock without a release after
// a load, so that a machine of weak order may let a store overtake it (ThreadSanitizer tells).
template <typename T>
class Published {
 public:
  Published() = default;
  explicit Published(std::shared_ptr<const T> value) : value_(std::move(value)) {}

  [[nodiscard]] std::shared_ptr<const T> load() const {
    const std::lock_guard<std::mutex> guard(mutex_);
    return value_;
  }
  void store(std::shared_ptr<const T> value) {
    // What was there before ends after the lock.
    const std::lock_guard<std::mutex> guard(mutex_);
    value_.swap(value);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const T> value_;
};

}  // namespace hwcsync
