#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace hwcsync::history {

// The life of one run. Each arrow is one synced line of the run's journal, written before the step is taken,
// so that after a crash the last line tells what may have happened.
//
//   (requested) -> locked -> prefetched -> secrets-staged -> rendered -> built -> baseline -> switching
//        |            |           any of these before `switching` -> failed | cancelled: nothing changed
//        |            +-> unchanged       only documents differ: the deployed ref moves, the machine stays
//        +-> busy | cancelled | failed    another run holds the lock; stopped or broken before it began
//   built -> unchanged                    the same system and the same secrets came out
//   switching -> switched -> restarting -> verifying -> committed
//        |           |            |            |
//        |           +------------+------------+-> rolling-back -> rolled-back | rollback-failed
//        +-> rolling-back | staged-for-reboot      the new system starts at the next boot
//
// A manual rollback takes a recorded system and so leaves out `prefetched`, `rendered` and, where the
// recorded path is still there, `built`. A state may be written again with more detail (progress); a terminal
// state only once.
enum class RunState {
  locked,
  prefetched,
  secrets_staged,
  rendered,
  built,
  baseline,
  switching,
  switched,
  restarting,
  verifying,
  rolling_back,
  committed,
  unchanged,
  failed,
  cancelled,
  busy,
  rolled_back,
  rollback_failed,
  staged_for_reboot,
};

// In the order of the enum.
[[nodiscard]] const std::vector<RunState>& all_states();

[[nodiscard]] std::string_view state_name(RunState state);  // "secrets-staged"
[[nodiscard]] std::optional<RunState> parse_state(std::string_view name);

// A journal that ends with such a state is complete.
[[nodiscard]] bool is_terminal(RunState state);

// True when the system may have been touched: from `switching` on, short of a terminal state.
[[nodiscard]] bool is_past_switching(RunState state);

// The transition table; without `from` the first line of a journal.
[[nodiscard]] bool may_follow(std::optional<RunState> from, RunState to);

}  // namespace hwcsync::history
