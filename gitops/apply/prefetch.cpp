#include "gitops/apply/prefetch.hpp"

#include "src/base/text.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <future>
#include <mutex>

namespace hwcsync::apply {
namespace {

constexpr std::size_t kParallel = 2;

// What a registry says when the image or the right to it is missing; anything else (name resolution,
// time-outs, 429, 5xx) may be over in a minute.
bool is_final(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  constexpr std::array<std::string_view, 7> kFinal{"manifest unknown", "not found",         "denied",
                                                   "unauthorized",     "invalid reference", "name unknown",
                                                   "unsupported"};
  return std::any_of(kFinal.begin(), kFinal.end(),
                     [&](std::string_view word) { return text.find(word) != std::string::npos; });
}

// Images are handed out one by one to whoever is free.
class Queue {
 public:
  explicit Queue(const ImageSet& images) : next_(images.begin()), end_(images.end()) {}
  const ImageSet::value_type* take() {
    const std::lock_guard<std::mutex> guard(mutex_);
    return next_ == end_ ? nullptr : &*next_++;
  }
  void abandon() {
    const std::lock_guard<std::mutex> guard(mutex_);
    next_ = end_;
  }

 private:
  std::mutex mutex_;
  ImageSet::const_iterator next_;
  ImageSet::const_iterator end_;
};

std::size_t pull_all(const WorkerContext& context, const RunLog& log, Queue& queue) {
  std::size_t pulled = 0;
  while (const auto* image = queue.take()) {
    const auto& [account, name] = *image;
    try {
      if (log.asked_to_stop()) throw Cancelled{};
      if (context.containers.has_image(account, name)) continue;
      context.containers.pull(account, name, context.deadlines.pull);
      ++pulled;
    } catch (const Error& e) {
      queue.abandon();
      throw RunFailure(
          "image", is_final(e.what()) ? history::Retry::useless : history::Retry::may_help,
          {"cannot pull", name + " for " + account.user, e.what(), "try it by hand: podman pull " + name});
    } catch (...) {
      queue.abandon();
      throw;
    }
  }
  return pulled;
}

}  // namespace

Json PrefetchResult::detail() const {
  Json out{{"images", wanted}, {"pulled", pulled}};
  if (later > 0) {
    out["later"] = later;
    out["absent_users"] = absent_users;
  }
  return out;
}

PrefetchResult prefetch(const WorkerContext& context, const RunLog& log, const ImageSet& images) {
  PrefetchResult out{.wanted = images.size()};
  ImageSet now;
  for (const auto& image : images) {
    if (context.containers.presence(image.first) == Presence::there) {
      now.insert(image);
    } else {
      ++out.later;
      out.absent_users.insert(image.first.user);
    }
  }
  if (now.empty()) return out;
  Queue queue(now);
  std::array<std::future<std::size_t>, kParallel> workers;
  for (auto& worker : workers) {
    worker = std::async(std::launch::async, [&] { return pull_all(context, log, queue); });
  }
  for (auto& worker : workers) worker.wait();
  for (auto& worker : workers) out.pulled += worker.get();
  return out;
}

}  // namespace hwcsync::apply
