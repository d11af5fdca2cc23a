#pragma once

#include <chrono>
#include <set>
#include <string>

namespace hwcsync::secrets {

// What is kept of tries that failed and may fail for ever: when the next one is due, and what was said of the
// last one, which nobody needs to read again.
class Retries {
 public:
  // At once where the circumstances, all that a try depends on, are others than at the last one; else after a
  // pause. Who is told yes tries.
  [[nodiscard]] bool due(const std::string& circumstances, std::chrono::steady_clock::time_point now);

  void begin() { before_.swap(now_), now_.clear(); }
  // Whether the try before this one did not fail for this reason, too.
  [[nodiscard]] bool is_news(const std::string& reason);
  // What comes next is said whatever was said before.
  void forget() { now_.clear(); }

 private:
  std::string circumstances_;
  std::chrono::steady_clock::time_point last_{};
  bool tried_ = false;
  std::set<std::string> before_;
  std::set<std::string> now_;
};

}  // namespace hwcsync::secrets
