#pragma once

#include "gitops/history/run_state.hpp"
#include "src/base/json.hpp"

#include <string>

namespace hwcsync::history {

// Whether trying the same revision again may help without anybody doing something: the network, a lock and a
// power cut pass; a revision that is wrong stays wrong.
enum class Retry { useless, may_help };

// How a run ended: the terminal line of its journal, as a value.
struct Outcome {
  RunState state = RunState::failed;  // always terminal
  std::string code;                   // "refused", "interrupted", "unhealthy", ...; empty when all went well
  std::string reason;                 // for people; may have several lines
  Retry retry = Retry::useless;

  [[nodiscard]] bool good() const;  // committed, unchanged or staged
};

// DESIGN 10: 0 done, 1 failed and nothing changed, 3 rolled back, 4 rollback failed, 5 refused, 75 busy or
// cancelled.
[[nodiscard]] int exit_status(const Outcome& outcome);

// The detail of a terminal journal line, and back.
[[nodiscard]] Json outcome_detail(const Outcome& outcome);
[[nodiscard]] Outcome outcome_from(RunState state, const Json& detail);

}  // namespace hwcsync::history
