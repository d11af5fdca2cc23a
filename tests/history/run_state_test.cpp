#include "gitops/history/run_state.hpp"

#include "gitops/history/outcome.hpp"
#include "tests/support/catch.hpp"

#include <map>
#include <set>
#include <string>

namespace hwcsync::history {
namespace {

// The picture above the enum, written down a second time.
const std::map<std::string, std::set<std::string>>& picture() {
  static const std::map<std::string, std::set<std::string>> arrows{
      {"locked", {"prefetched", "secrets-staged", "unchanged", "failed", "cancelled"}},
      {"prefetched", {"secrets-staged", "failed", "cancelled"}},
      {"secrets-staged", {"rendered", "built", "baseline", "failed", "cancelled"}},
      {"rendered", {"built", "failed", "cancelled"}},
      {"built", {"baseline", "unchanged", "failed", "cancelled"}},
      {"baseline", {"switching", "failed", "cancelled"}},
      {"switching", {"switched", "rolling-back", "staged-for-reboot"}},
      {"switched", {"restarting", "rolling-back"}},
      {"restarting", {"verifying", "rolling-back"}},
      {"verifying", {"committed", "rolling-back"}},
      {"rolling-back", {"rolled-back", "rollback-failed"}},
  };
  return arrows;
}

TEST_CASE("the transition table is the picture above the enum") {
  for (const RunState from : all_states()) {
    for (const RunState to : all_states()) {
      const auto row = picture().find(std::string(state_name(from)));
      const bool drawn = row != picture().end() && row->second.count(std::string(state_name(to))) != 0;
      const bool again = from == to && !is_terminal(from);
      CAPTURE(state_name(from), state_name(to));
      CHECK(may_follow(from, to) == (drawn || again));
    }
  }
}

TEST_CASE("a journal begins with the lock or with an end") {
  const std::set<std::string> first{"locked", "busy", "cancelled", "failed"};
  for (const RunState state : all_states()) {
    CHECK(may_follow(std::nullopt, state) == (first.count(std::string(state_name(state))) != 0));
  }
}

TEST_CASE("nothing follows a terminal state, and every other state leads to one") {
  for (const RunState state : all_states()) {
    CHECK(is_terminal(state) == (picture().count(std::string(state_name(state))) == 0));
    CHECK(parse_state(state_name(state)) == state);
  }
  CHECK_FALSE(parse_state("exploded").has_value());
}

TEST_CASE("from switching on the system may have been touched") {
  CHECK_FALSE(is_past_switching(RunState::baseline));
  CHECK(is_past_switching(RunState::switching));
  CHECK(is_past_switching(RunState::rolling_back));
  CHECK_FALSE(is_past_switching(RunState::committed));
  CHECK_FALSE(is_past_switching(RunState::failed));
}

TEST_CASE("each outcome has the exit status of the design") {
  CHECK(exit_status({.state = RunState::committed}) == 0);
  CHECK(exit_status({.state = RunState::unchanged}) == 0);
  CHECK(exit_status({.state = RunState::staged_for_reboot}) == 0);
  CHECK(exit_status({.state = RunState::failed}) == 1);
  CHECK(exit_status({.state = RunState::failed, .code = "refused"}) == 5);
  CHECK(exit_status({.state = RunState::rolled_back}) == 3);
  CHECK(exit_status({.state = RunState::rollback_failed}) == 4);
  CHECK(exit_status({.state = RunState::busy}) == 75);
  CHECK(exit_status({.state = RunState::cancelled}) == 75);
}

}  // namespace
}  // namespace hwcsync::history
