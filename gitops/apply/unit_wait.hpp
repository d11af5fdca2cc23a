#pragma once

#include "gitops/apply/context.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace hwcsync::apply {

// How a transient unit ended.
struct UnitEnd {
  enum class Kind { exited, killed, vanished, timed_out, stopped };
  Kind kind = Kind::exited;
  int code = 0;        // exit code, or the signal's number
  std::string result;  // systemd's word: "exit-code", "oom-kill", ...

  [[nodiscard]] bool exited_with(int expected) const { return kind == Kind::exited && code == expected; }
  [[nodiscard]] std::string to_string() const;
};

// What becomes of a unit at its deadline. A switch that is stopped leaves half a system.
enum class Overdue { stopped, left_alone };

// Polls until the unit has ended. When `stop` says so the unit is stopped and forgotten; on the deadline too,
// unless it is to be left alone.
[[nodiscard]] UnitEnd wait_for_unit(const WorkerContext& context, const std::string& unit,
                                    std::chrono::milliseconds deadline, Overdue overdue,
                                    const std::function<bool()>& stop = {});

// Starts, waits, forgets (but for one that is left alone).
[[nodiscard]] UnitEnd run_unit(const WorkerContext& context, const TransientUnit& unit,
                               std::chrono::milliseconds deadline, Overdue overdue,
                               const std::function<bool()>& stop = {});

}  // namespace hwcsync::apply
