#include "src/cli/commands.hpp"
#include "src/cli/exit_status.hpp"
#include "src/cli/people.hpp"
#include "src/cli/runs.hpp"
#include "src/cli/source.hpp"

#include <CLI/CLI.hpp>

#include <memory>
#include <ostream>

namespace hwcsync::cli {
namespace {

OrderedJson row_json(const history::RunRow& row) {
  return {{"id", row.id},
          {"host", row.host},
          {"operation", row.operation},
          {"from", row.from_rev},
          {"to", row.to_rev},
          {"summary", row.summary},
          {"author", row.author},
          {"trigger", row.trigger},
          {"who", row.who},
          {"state", row.state},
          {"code", row.code},
          {"reason", row.reason},
          {"started", row.started},
          {"ended", row.ended},
          {"phases", row.phases},
          {"store_path", row.store_path},
          {"generated", row.generated},
          {"secrets_generation", row.secrets_generation}};
}

std::string duration_of(const history::RunRow& row) {
  if (row.started.empty() || row.ended.empty()) return "";
  return format_duration(
      std::chrono::duration_cast<std::chrono::milliseconds>(parse_time(row.ended) - parse_time(row.started)));
}

int history(int limit, Context& context) {
  const settings::Settings settings = load_settings(context);
  const auto rows = newest_runs(settings, static_cast<std::size_t>(limit));
  if (context.json) {
    OrderedJson runs = OrderedJson::array();
    for (const history::RunRow& row : rows) runs.push_back(row_json(row));
    context.out << json_text({{"version", 1}, {"runs", runs}});
    return kDone;
  }
  const WallTime now = SystemClock().now();
  Table table;
  for (const history::RunRow& row : rows) {
    table.add({std::to_string(row.id), row.started.empty() ? "" : ago(parse_time(row.started), now),
               row.trigger, row.author, row.to_rev.substr(0, 7), shorten(row.summary, 40),
               people_state(row.state), duration_of(row), shorten(first_line(row.reason), 60)});
  }
  context.out << table.text();
  if (rows.empty()) context.err << "no runs yet\n";
  return kDone;
}

}  // namespace

Command history_command() {
  return {"history", "list the runs, newest first", "  hwcsync history\n  hwcsync history -n 5 --json\n",
          [](CLI::App& app, Context& context) {
            auto limit = std::make_shared<int>(20);
            app.add_option("-n,--limit", *limit, "how many (default 20)")->check(CLI::Range(1, 1000));
            return [limit, &context] { return history(*limit, context); };
          }};
}

}  // namespace hwcsync::cli
