#pragma once

#include <chrono>
#include <string_view>

namespace hwcsync::watch {

enum class TriggerKind { push, poll, manual };
[[nodiscard]] std::string_view trigger_name(TriggerKind kind);

// A hint that the repository may have moved. What is true is read from the refs afterwards.
struct Trigger {
  TriggerKind kind = TriggerKind::poll;
  std::string_view source;  // "inotify", "timer", "control socket": text with static lifetime
  std::chrono::steady_clock::time_point at;  // when the event was seen; latencies count from here
};

}  // namespace hwcsync::watch
