#include "gitops/history/run_state.hpp"

#include <algorithm>
#include <initializer_list>

namespace hwcsync::history {
namespace {

using S = RunState;

struct Row {
  RunState state;
  std::string_view name;
  std::initializer_list<RunState> next;
};

// One row a state, in the order of the enum; the comment above the enum draws the same picture.
const std::initializer_list<Row>& table() {
  static const std::initializer_list<Row> rows{
      {S::locked, "locked", {S::prefetched, S::secrets_staged, S::unchanged, S::failed, S::cancelled}},
      {S::prefetched, "prefetched", {S::secrets_staged, S::failed, S::cancelled}},
      {S::secrets_staged, "secrets-staged", {S::rendered, S::built, S::baseline, S::failed, S::cancelled}},
      {S::rendered, "rendered", {S::built, S::failed, S::cancelled}},
      {S::built, "built", {S::baseline, S::unchanged, S::failed, S::cancelled}},
      {S::baseline, "baseline", {S::switching, S::failed, S::cancelled}},
      {S::switching, "switching", {S::switched, S::rolling_back, S::staged_for_reboot}},
      {S::switched, "switched", {S::restarting, S::rolling_back}},
      {S::restarting, "restarting", {S::verifying, S::rolling_back}},
      {S::verifying, "verifying", {S::committed, S::rolling_back}},
      {S::rolling_back, "rolling-back", {S::rolled_back, S::rollback_failed}},
      {S::committed, "committed", {}},
      {S::unchanged, "unchanged", {}},
      {S::failed, "failed", {}},
      {S::cancelled, "cancelled", {}},
      {S::busy, "busy", {}},
      {S::rolled_back, "rolled-back", {}},
      {S::rollback_failed, "rollback-failed", {}},
      {S::staged_for_reboot, "staged-for-reboot", {}},
  };
  return rows;
}

const Row& row_of(RunState state) {
  return *(table().begin() + static_cast<std::ptrdiff_t>(state));
}

}  // namespace

const std::vector<RunState>& all_states() {
  static const std::vector<RunState> states = [] {
    std::vector<RunState> out;
    for (const Row& row : table()) out.push_back(row.state);
    return out;
  }();
  return states;
}

std::string_view state_name(RunState state) {
  return row_of(state).name;
}

std::optional<RunState> parse_state(std::string_view name) {
  for (const Row& row : table()) {
    if (row.name == name) return row.state;
  }
  return std::nullopt;
}

bool is_terminal(RunState state) {
  return row_of(state).next.size() == 0;
}

bool is_past_switching(RunState state) {
  return !is_terminal(state) && state >= RunState::switching;
}

bool may_follow(std::optional<RunState> from, RunState to) {
  if (!from) return to == S::locked || to == S::busy || to == S::cancelled || to == S::failed;
  if (*from == to) return !is_terminal(to);
  const auto& next = row_of(*from).next;
  return std::find(next.begin(), next.end(), to) != next.end();
}

}  // namespace hwcsync::history
