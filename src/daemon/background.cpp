#include "src/daemon/background.hpp"

#include "src/base/error.hpp"
#include "src/base/log.hpp"

#include <cstdint>
#include <exception>
#include <utility>

#include <malloc.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace hwcsync::daemon {

namespace {

// What a plan of a large repository took is not kept until the next push.
void release_memory(std::unique_lock<std::mutex>& lock) {
  lock.unlock();
  ::malloc_trim(0);
  lock.lock();
}

}  // namespace

Background::Background(EventLoop& loop) : ready_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!ready_.valid()) throw_errno("cannot make", "an eventfd");
  source_ = loop.watch(ready_.get(), {.readable = true}, [this](Readiness) { deliver(); });
  thread_ = std::thread([this] { work(); });
}

Background::~Background() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    jobs_.clear();
  }
  wake_.notify_one();
  thread_.join();
}

void Background::submit(Job job) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  wake_.notify_one();
}

void Background::work() {
  while (true) {
    Job job;
    {
      std::unique_lock lock(mutex_);
      if (jobs_.empty()) release_memory(lock);
      wake_.wait(lock, [this] { return stop_ || !jobs_.empty(); });
      if (stop_) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    Completion completion;
    try {
      completion = job();
    } catch (const std::exception& error) {
      log(LogLevel::error, "background work failed", {{"reason", error.what()}});
    }
    if (!completion) continue;
    {
      const std::lock_guard lock(mutex_);
      done_.push_back(std::move(completion));
    }
    const std::uint64_t one = 1;
    // Only EAGAIN is possible, and then the loop is told already.
    if (::write(ready_.get(), &one, sizeof one) < 0) continue;
  }
}

void Background::deliver() {
  std::uint64_t count = 0;
  if (::read(ready_.get(), &count, sizeof count) < 0) return;
  std::vector<Completion> done;
  {
    const std::lock_guard lock(mutex_);
    done.swap(done_);
  }
  for (const Completion& completion : done) {
    // One that fails must not take the others with it.
    try {
      completion();
    } catch (const std::exception& error) {
      log(LogLevel::error, "background result failed", {{"reason", error.what()}});
    }
  }
}

}  // namespace hwcsync::daemon
