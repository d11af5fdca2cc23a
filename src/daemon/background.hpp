#pragma once

#include "src/base/event_loop.hpp"
#include "src/base/fd.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace hwcsync::daemon {

// One thread for what takes time (git, plans, starting a worker), so that the loop always answers. Jobs run
// one after another; what a job returns runs on the loop's thread. Made after signals were blocked.
class Background {
 public:
  using Completion = std::function<void()>;
  using Job = std::function<Completion()>;

  explicit Background(EventLoop& loop);
  // Waits for the job under way and drops the others and their completions.
  ~Background();
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  // From the loop's thread. A job that throws is logged and has no completion.
  void submit(Job job);

 private:
  void work();
  void deliver();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> jobs_;
  std::vector<Completion> done_;
  bool stop_ = false;
  Fd ready_;  // eventfd: done_ is not empty
  EventLoop::Source source_;
  std::thread thread_;
};

}  // namespace hwcsync::daemon
