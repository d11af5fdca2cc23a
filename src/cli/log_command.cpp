#include "gitops/history/run_directory.hpp"
#include "src/base/fd.hpp"
#include "src/cli/commands.hpp"
#include "src/cli/exit_status.hpp"
#include "src/cli/people.hpp"
#include "src/cli/source.hpp"

#include <CLI/CLI.hpp>

#include <filesystem>
#include <memory>
#include <ostream>

namespace hwcsync::cli {
namespace {

void print_file(std::ostream& out, const std::string& title, const std::string& path) {
  if (!std::filesystem::exists(path)) return;
  out << "-- " << title << '\n' << read_file(path);
}

int log(history::RunId id, Context& context) {
  const settings::Settings settings = load_settings(context);
  const auto run = history::RunDirectory::open(settings.state_dir, id);
  const auto lines = history::read_journal(run.journal_path());
  if (context.json) {
    OrderedJson list = OrderedJson::array();
    for (const history::JournalLine& line : lines) {
      list.push_back({{"at", format_time(line.at)},
                      {"state", history::state_name(line.state)},
                      {"detail", line.detail}});
    }
    context.out << json_text({{"version", 1}, {"run", id}, {"journal", list}});
    return kDone;
  }
  for (const history::JournalLine& line : lines) {
    context.out << format_time(line.at) << "  " << people_state(history::state_name(line.state));
    if (!line.detail.empty()) context.out << "  " << canonical_json(line.detail);
    context.out << '\n';
  }
  print_file(context.out, "build", run.build_log());
  print_file(context.out, "switch", run.switch_log());
  print_file(context.out, "health", run.file("health.log"));
  return kDone;
}

}  // namespace

Command log_command() {
  return {"log", "show everything about one run", "  hwcsync log 118\n", [](CLI::App& app, Context& context) {
            auto id = std::make_shared<history::RunId>(0);
            app.add_option("RUN", *id, "number of the run, as history shows it")->required();
            return [id, &context] { return log(*id, context); };
          }};
}

}  // namespace hwcsync::cli
