#pragma once

#include <chrono>
#include <optional>

namespace hwcsync::watch {

// Makes one check out of a burst of events: it is due when nothing was heard for `quiet`, at the latest
// `longest` after the first event. A value; time comes from the caller.
class Debounce {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // A push moves its ref by one rename; 5 ms let the second ref of the same push arrive and stay far below
  // the 50 ms that a plan may take.
  explicit Debounce(std::chrono::milliseconds quiet = std::chrono::milliseconds(5),
                    std::chrono::milliseconds longest = std::chrono::milliseconds(100))
      : quiet_(quiet), longest_(longest) {}

  void note(Time now);
  // When the check is due; nothing while no event waits.
  [[nodiscard]] std::optional<Time> due() const;
  // The time of the first event of the burst, once it is due; the burst is then over.
  [[nodiscard]] std::optional<Time> take(Time now);

 private:
  std::chrono::milliseconds quiet_;
  std::chrono::milliseconds longest_;
  std::optional<Time> first_;
  Time last_{};
};

}  // namespace hwcsync::watch
