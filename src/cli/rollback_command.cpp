#include "gitops/history/database.hpp"
#include "gitops/history/deployed.hpp"
#include "src/base/error.hpp"
#include "src/cli/commands.hpp"
#include "src/cli/exit_status.hpp"
#include "src/cli/request.hpp"
#include "src/cli/source.hpp"

#include <CLI/CLI.hpp>

#include <memory>
#include <ostream>

namespace hwcsync::cli {
namespace {

int rollback(history::RunId target, Context& context) {
  const settings::Settings settings = load_settings(context);
  require_root("roll back");
  const auto deployed = history::read_deployed(settings.state_dir);
  if (!deployed) throw RefusedError({"cannot roll back", "", "nothing was deployed yet", ""});
  history::Request request;
  request.host = deployed->host;
  request.operation = history::Operation::rollback;
  request.trigger = {"rollback", user_name()};
  if (target != 0) {
    const auto row = history::Database::open(settings.state_dir).find(target);
    if (!row)
      throw UsageError(
          {"cannot roll back to run", std::to_string(target), "there is no such run", "hwcsync history"});
    request.target_run = target;
    request.to = row->to_rev;
  }
  return run_and_follow(settings, std::move(request), context);
}

}  // namespace

Command rollback_command() {
  return {"rollback", "go back to the last good run, or to one that is named",
          "  hwcsync rollback\n  hwcsync rollback --to 117\n", [](CLI::App& app, Context& context) {
            auto target = std::make_shared<history::RunId>(0);
            app.add_option("--to", *target, "number of a good run")->type_name("RUN");
            return [target, &context] { return rollback(*target, context); };
          }};
}

}  // namespace hwcsync::cli
