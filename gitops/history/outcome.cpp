#include "gitops/history/outcome.hpp"

namespace hwcsync::history {

bool Outcome::good() const {
  return state == RunState::committed || state == RunState::unchanged || state == RunState::staged_for_reboot;
}

int exit_status(const Outcome& outcome) {
  switch (outcome.state) {
    case RunState::committed:
    case RunState::unchanged:
    case RunState::staged_for_reboot:
      return 0;
    case RunState::rolled_back:
      return 3;
    case RunState::rollback_failed:
      return 4;
    case RunState::busy:
    case RunState::cancelled:
      return 75;
    default:
      return outcome.code == "refused" ? 5 : 1;
  }
}

Json outcome_detail(const Outcome& outcome) {
  Json detail = Json::object();
  if (!outcome.code.empty()) detail["code"] = outcome.code;
  if (!outcome.reason.empty()) detail["reason"] = outcome.reason;
  if (outcome.retry == Retry::may_help) detail["transient"] = true;
  return detail;
}

Outcome outcome_from(RunState state, const Json& detail) {
  Outcome out{.state = state};
  if (!detail.is_object()) return out;
  out.code = detail.value("code", "");
  out.reason = detail.value("reason", "");
  if (detail.value("transient", false)) out.retry = Retry::may_help;
  return out;
}

}  // namespace hwcsync::history
