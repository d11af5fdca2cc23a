#include "src/cli/runs.hpp"

#include "gitops/history/database.hpp"
#include "src/cli/control.hpp"

#include <unistd.h>

namespace hwcsync::cli {
namespace {

std::string text(const Json& value, const char* key) {
  const auto found = value.find(key);
  return found != value.end() && found->is_string() ? found->get<std::string>() : "";
}

// What io.hwcsync.Control.Runs tells of a run (docs/formats.md).
history::RunRow row_from(const Json& value) {
  history::RunRow out;
  out.id = value.value("id", history::RunId{0});
  out.from_rev = text(value, "from");
  out.to_rev = text(value, "to");
  out.summary = text(value, "summary");
  out.author = text(value, "author");
  out.trigger = text(value, "trigger");
  out.who = text(value, "who");
  out.operation = text(value, "operation");
  out.state = text(value, "state");
  out.code = text(value, "code");
  out.reason = text(value, "reason");
  out.started = text(value, "started");
  out.ended = text(value, "ended");
  out.store_path = text(value, "store_path");
  return out;
}

}  // namespace

std::vector<history::RunRow> newest_runs(const settings::Settings& settings, std::size_t limit) {
  if (::geteuid() == 0) return history::Database::open(settings.state_dir).list(limit);
  std::vector<history::RunRow> out;
  const Json answer = require_daemon(settings).runs(limit);
  const Json& list = answer.is_object() && answer.contains("runs") ? answer["runs"] : answer;
  for (const Json& row : list) out.push_back(row_from(row));
  return out;
}

}  // namespace hwcsync::cli
