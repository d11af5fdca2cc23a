#pragma once

#include "gitops/apply/context.hpp"
#include "gitops/history/run_directory.hpp"

#include <optional>
#include <string>

namespace hwcsync::apply {

// A run that cannot go on, with what history is to say about it. Before `switching` it ends the run as
// failed, after it the run is rolled back.
class RunFailure : public Error {
 public:
  RunFailure(std::string code, history::Retry retry, ErrorText text)
      : Error(std::move(text)), code_(std::move(code)), retry_(retry) {}
  [[nodiscard]] const std::string& code() const noexcept { return code_; }
  [[nodiscard]] history::Retry retry() const noexcept { return retry_; }

 private:
  std::string code_;
  history::Retry retry_;
};

// Failed outcome of any error. Failed system calls may pass; what a configuration says does not.
[[nodiscard]] history::Outcome outcome_of_error(const std::exception& error);

// The journal of the run that this worker carries out, and the questions that come with each step.
class RunLog {
 public:
  RunLog(const WorkerContext& context, history::RunDirectory run);

  // One synced line; the step it announces may be taken afterwards.
  void enter(history::RunState state, Json detail = Json::object());
  // More about the state we are in.
  void progress(Json detail);
  // The terminal line: the commit point of the run. Gives the outcome back.
  history::Outcome finish(const history::Outcome& outcome, Json detail = Json::object());

  // Throws Cancelled when somebody asked to stop. Never asked from `switching` on.
  void stop_if_asked() const;
  [[nodiscard]] bool asked_to_stop() const;

  [[nodiscard]] const history::RunDirectory& run() const noexcept { return run_; }
  [[nodiscard]] std::optional<history::RunState> state() const { return journal_.state(); }
  [[nodiscard]] const std::vector<history::JournalLine>& lines() const noexcept { return journal_.lines(); }
  // When the run came to this state; the beginning of time when it has not.
  [[nodiscard]] WallTime entered(history::RunState state) const;
  // "hwcsync-switch-118.service" for "switch".
  [[nodiscard]] std::string unit_name(const std::string& purpose) const;

 private:
  const WorkerContext& context_;
  history::RunDirectory run_;
  history::Journal journal_;
};

}  // namespace hwcsync::apply
