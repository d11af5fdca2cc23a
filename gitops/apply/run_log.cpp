#include "gitops/apply/run_log.hpp"

#include "src/base/log.hpp"

#include <utility>

namespace hwcsync::apply {

using history::Outcome;
using history::Retry;
using history::RunState;

Outcome outcome_of_error(const std::exception& error) {
  Outcome out{.state = RunState::failed, .code = "error", .reason = error.what()};
  if (const auto* known = dynamic_cast<const Error*>(&error);
      known != nullptr && !known->text().hint.empty()) {
    out.reason += '\n' + known->text().hint;
  }
  if (const auto* failure = dynamic_cast<const RunFailure*>(&error)) {
    out.code = failure->code();
    out.retry = failure->retry();
  } else if (dynamic_cast<const RefusedError*>(&error) != nullptr) {
    out.code = "refused";
  } else if (dynamic_cast<const ConfigError*>(&error) != nullptr) {
    out.code = "configuration";
  } else if (dynamic_cast<const SystemError*>(&error) != nullptr) {
    out.retry = Retry::may_help;
  }
  return out;
}

RunLog::RunLog(const WorkerContext& context, history::RunDirectory run)
    : context_(context), run_(std::move(run)), journal_(run_.journal_path()) {}

void RunLog::enter(RunState state, Json detail) {
  const auto& line = journal_.append(context_.clock.now(), state, std::move(detail));
  if (!context_.on_journal) return;
  try {
    context_.on_journal(line);
  } catch (const std::exception& e) {
    // Whoever watches has no say in the run.
    log(LogLevel::warning, "cannot tell of a journal line", {{"reason", e.what()}});
  }
}

void RunLog::progress(Json detail) {
  if (const auto now = state()) enter(*now, std::move(detail));
}

Outcome RunLog::finish(const Outcome& outcome, Json detail) {
  detail.update(history::outcome_detail(outcome));
  enter(outcome.state, std::move(detail));
  return outcome;
}

bool RunLog::asked_to_stop() const {
  return run_.cancel_requested() || (context_.stop_requested && context_.stop_requested());
}

void RunLog::stop_if_asked() const {
  if (asked_to_stop()) throw Cancelled{};
}

WallTime RunLog::entered(history::RunState state) const {
  const auto& all = lines();
  const auto found = std::ranges::find(all, state, &history::JournalLine::state);
  return found == all.end() ? WallTime{} : found->at;
}

std::string RunLog::unit_name(const std::string& purpose) const {
  return "hwcsync-" + purpose + '-' + std::to_string(run_.id()) + ".service";
}

}  // namespace hwcsync::apply
