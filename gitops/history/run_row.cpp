#include "gitops/history/run_row.hpp"

#include <chrono>

namespace hwcsync::history {
namespace {

void take(std::string& field, const Json& object, const char* key) {
  if (object.contains(key) && object[key].is_string()) field = object[key].get<std::string>();
}

Json phases_of(const std::vector<JournalLine>& lines) {
  Json phases = Json::array();
  for (std::size_t i = 0; i + 1 < lines.size();) {
    std::size_t next = i + 1;
    while (next + 1 < lines.size() && lines[next].state == lines[i].state) ++next;
    const auto spent = std::chrono::duration_cast<std::chrono::milliseconds>(lines[next].at - lines[i].at);
    phases.push_back({{"state", state_name(lines[i].state)}, {"ms", spent.count()}});
    i = next;
  }
  return phases;
}

}  // namespace

bool RunRow::ended_well() const {
  return state == "committed" || state == "unchanged" || state == "staged-for-reboot";
}

RunRow row_of(const RunDirectory& run) {
  RunRow row{.id = run.id(), .state = "requested"};
  if (const auto request = run.request()) {
    row.host = request->host;
    row.from_rev = request->from;
    row.to_rev = request->to;
    row.trigger = request->trigger.kind;
    row.who = request->trigger.who;
    row.operation = request->operation == Operation::rollback ? "rollback" : "apply";
  }
  const auto lines = read_journal(run.journal_path());
  for (const JournalLine& line : lines) {
    take(row.from_rev, line.detail, "from");
    take(row.to_rev, line.detail, "revision");
    take(row.summary, line.detail, "summary");
    take(row.author, line.detail, "author");
    take(row.store_path, line.detail, "store_path");
    take(row.generated, line.detail, "generated");
    take(row.secrets_generation, line.detail, "secrets_generation");
  }
  if (lines.empty()) return row;
  row.phases = phases_of(lines);
  row.started = format_time(lines.front().at);
  row.state = state_name(lines.back().state);
  if (const auto outcome = outcome_of(lines)) {
    row.ended = format_time(lines.back().at);
    row.code = outcome->code;
    row.reason = outcome->reason;
    row.transient = outcome->retry == Retry::may_help;
  }
  return row;
}

}  // namespace hwcsync::history
