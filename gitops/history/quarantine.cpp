#include "gitops/history/quarantine.hpp"

namespace hwcsync::history {
namespace {

// The newest manual rollback after `after` that left this revision.
std::optional<Quarantine> left_by_rollback(const Database& database, const std::string& revision,
                                           RunId after) {
  for (const RunRow& row : database.list(kRunsKept)) {
    if (row.id <= after) break;
    if (row.operation == "rollback" && row.ended_well() && row.from_rev == revision &&
        row.to_rev != revision) {
      return Quarantine{row.id, "left by the manual rollback of run " + std::to_string(row.id)};
    }
  }
  return std::nullopt;
}

bool says_nothing(const RunRow& row) {
  return row.ended.empty() || row.state == "busy" || row.state == "cancelled" || row.transient;
}

}  // namespace

std::optional<Quarantine> quarantine_of(const Database& database, const std::string& revision) {
  RunId newest = 0;
  for (const RunRow& row : database.runs_of(revision)) {
    if (row.operation != "apply") continue;
    if (newest == 0) newest = row.id;
    if (says_nothing(row)) {
      if (row.trigger == "retry") break;
      continue;
    }
    if (row.ended_well()) break;
    const std::string how = row.state == "failed" ? "failed in run " : "rolled back by run ";
    return Quarantine{row.id, how + std::to_string(row.id) + ": " + row.reason};
  }
  return left_by_rollback(database, revision, newest);
}

}  // namespace hwcsync::history
