#pragma once

#include "src/base/clock.hpp"

#include <optional>
#include <string>

namespace hwcsync::daemon {

struct Suspension {
  std::string reason;
  std::string who;
  WallTime since;
};

// What people told the daemon and what must outlive it: <state>/steering.json, version 1.
struct Steering {
  std::optional<Suspension> suspended;
  std::string retry;  // revision to try once more although it is quarantined or was refused
  std::string
      accepted_rewrite;  // head that may be deployed although it does not descend from the deployed revision
};

// Without a file: nothing was said. Throws Error when the file is there and cannot be read; whoever steers a
// machine must not lose a suspension silently.
[[nodiscard]] Steering read_steering(const std::string& state_dir);
// Atomic and synced.
void write_steering(const std::string& state_dir, const Steering& steering);

}  // namespace hwcsync::daemon
