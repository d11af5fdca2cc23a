#pragma once

#include "gitops/apply/activation_record.hpp"
#include "gitops/apply/context.hpp"
#include "gitops/apply/health_gate.hpp"
#include "gitops/apply/run_log.hpp"
#include "gitops/apply/unit_wait.hpp"

#include <string>
#include <vector>

namespace hwcsync::apply {

// From `baseline` to the end of a run: switch, restart, judge; commit or roll back. Works from the record
// alone, so that another worker can pick up where a killed one stopped. All work here is idempotent for that
// reason.
class Activation {
 public:
  Activation(const WorkerContext& context, RunLog& log, const ActivationRecord& record)
      : context_(context), log_(log), record_(record) {}

  // The journal says `baseline`. Gives the outcome after its terminal line is on disk; throws only when not
  // even a rollback could be recorded.
  history::Outcome run();

  // The journal says `switching` or later and its writer is dead: finds out what is true and goes on or back.
  history::Outcome recover();

  // The journal says `baseline`, and the run goes no further for this reason: what was shown of its secrets
  // is taken back. Gives the outcome after its terminal line is on disk.
  history::Outcome withdraw(const history::Outcome& cause);

 private:
  enum class Switched { live, staged };

  template <typename Work>
  history::Outcome guarded(Work work);
  Switched switch_system();
  UnitEnd activate(const std::string& store_path, const Invocation& invocation, const std::string& purpose);
  UnitEnd run_switch(const TransientUnit& unit);
  void note_end(const std::string& unit, const UnitEnd& end);
  [[nodiscard]] UnitEnd noted_end(const std::string& unit) const;
  history::Outcome stage_for_reboot();
  history::Outcome go_on();
  void restart_consumers();
  history::Outcome resume_switching();
  history::Outcome roll_back(const history::Outcome& cause);
  // The reason for history; what the ill ones logged goes to the run's health.log.
  [[nodiscard]] std::string explain(const HealthReport& report) const;
  std::size_t go_back();
  void await_switches();
  void return_to_old();
  void restart_what_suffered();
  std::vector<std::string> flip_to(const std::string& generation);
  void show_new_secrets();
  void take_back_secrets();

  const WorkerContext& context_;
  RunLog& log_;
  const ActivationRecord& record_;
};

}  // namespace hwcsync::apply
