#include "gitops/apply/unit_wait.hpp"

#include <algorithm>

namespace hwcsync::apply {
namespace {

constexpr std::chrono::milliseconds kFirstPause{50};
constexpr std::chrono::milliseconds kLongestPause{1000};
// A switch may execute systemd anew, and until that is done nobody answers.
constexpr std::chrono::milliseconds kSilence{60'000};

std::optional<UnitEnd> end_of(const std::optional<UnitStatus>& status) {
  if (!status) return UnitEnd{.kind = UnitEnd::Kind::vanished};
  if (status->busy() || (status->active == "active" && status->sub != "exited")) return std::nullopt;
  // An inactive unit that never ran has no invocation: it is still waiting for its job.
  if (status->active == "inactive" && status->invocation.empty()) return std::nullopt;
  return UnitEnd{.kind = status->exited ? UnitEnd::Kind::exited : UnitEnd::Kind::killed,
                 .code = status->exit_code,
                 .result = status->result};
}

// Asks systemd, and bears with its silence for a while.
class PatientWatch {
 public:
  PatientWatch(const WorkerContext& context, const std::string& unit)
      : context_(context), unit_(unit), heard_(context.clock.steady_now()) {}

  std::optional<UnitEnd> look() {
    try {
      auto end = end_of(context_.system.unit(unit_));
      heard_ = context_.clock.steady_now();
      return end;
    } catch (const Error&) {
      if (context_.clock.steady_now() - heard_ >= kSilence) throw;
      return std::nullopt;
    }
  }

 private:
  const WorkerContext& context_;
  const std::string& unit_;
  std::chrono::steady_clock::time_point heard_;
};

}  // namespace

std::string UnitEnd::to_string() const {
  switch (kind) {
    case Kind::exited:
      return "exit status " + std::to_string(code);
    case Kind::killed:
      return "killed by signal " + std::to_string(code) + (result.empty() ? "" : " (" + result + ")");
    case Kind::vanished:
      return "its result is not known any more";
    case Kind::timed_out:
      return "timed out";
    case Kind::stopped:
      break;
  }
  return "stopped";
}

UnitEnd wait_for_unit(const WorkerContext& context, const std::string& unit,
                      std::chrono::milliseconds deadline, Overdue overdue,
                      const std::function<bool()>& stop) {
  const auto end = context.clock.steady_now() + deadline;
  PatientWatch watch(context, unit);
  for (auto pause = kFirstPause;; pause = std::min(pause * 2, kLongestPause)) {
    if (auto ended = watch.look()) return *ended;
    const bool late = context.clock.steady_now() >= end;
    if (late || (stop && stop())) {
      if (!late || overdue == Overdue::stopped) context.system.remove_transient(unit);
      return {.kind = late ? UnitEnd::Kind::timed_out : UnitEnd::Kind::stopped};
    }
    context.clock.sleep_for(pause);
  }
}

UnitEnd run_unit(const WorkerContext& context, const TransientUnit& unit, std::chrono::milliseconds deadline,
                 Overdue overdue, const std::function<bool()>& stop) {
  context.system.start_transient(unit);
  const UnitEnd end = wait_for_unit(context, unit.name, deadline, overdue, stop);
  if (end.kind == UnitEnd::Kind::timed_out) return end;
  // A failed unit of ours must not count among the failed units that the next switch reports.
  context.system.remove_transient(unit.name);
  return end;
}

}  // namespace hwcsync::apply
