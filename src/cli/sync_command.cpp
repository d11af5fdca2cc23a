#include "src/base/error.hpp"
#include "src/cli/commands.hpp"
#include "src/cli/control.hpp"
#include "src/cli/exit_status.hpp"
#include "src/cli/people.hpp"
#include "src/cli/progress.hpp"
#include "src/cli/source.hpp"
#include "src/daemon/sync_once.hpp"

#include <CLI/CLI.hpp>

#include <memory>
#include <ostream>

namespace hwcsync::cli {
namespace {

struct Options {
  bool once = false;
  bool no_wait = false;
};

std::string word(const Json& message, const char* key) {
  const auto found = message.find(key);
  return found != message.end() && found->is_string() ? found->get<std::string>() : "";
}

int told(const Json& outcome, Context& context) {
  if (context.json) {
    context.out << json_text(outcome);
  } else {
    context.err << people_state(word(outcome, "outcome"));
    if (const std::string revision = word(outcome, "revision"); !revision.empty()) {
      context.err << ' ' << revision.substr(0, 7);
    }
    if (const std::string reason = word(outcome, "reason"); !reason.empty()) context.err << ": " << reason;
    context.err << '\n';
  }
  return outcome.value("exit_status", kFailed);
}

int sync(const Options& options, Context& context) {
  const settings::Settings settings = load_settings(context);
  const auto progress = [&context](const Json& message) {
    if (!context.json) context.err << "  " << people_state(word(message, "state")) << '\n';
  };
  auto client = daemon::ControlClient::connect(settings.control_socket());
  if (!client) {
    if (!options.once) (void)require_daemon(settings);
    daemon::SyncOnceOptions once{settings, settings::settings_path(context.config)};
    if (options.no_wait) once.wait = daemon::SyncWaiters::Wait::for_request;
    once.progress = progress;
    return told(daemon::to_json(daemon::sync_once(once)), context);
  }
  const auto wait =
      options.no_wait ? daemon::ControlClient::Wait::for_request : daemon::ControlClient::Wait::for_outcome;
  return told(client->sync(wait, progress), context);
}

}  // namespace

Command sync_command() {
  return {"sync", "look for a new revision now, apply it, and wait for the outcome",
          "  hwcsync sync\n  hwcsync sync --no-wait\n  hwcsync sync --once      # without a daemon, for a "
          "timer\n",
          [](CLI::App& app, Context& context) {
            auto options = std::make_shared<Options>();
            app.add_flag("--once", options->once, "do it in this process when no daemon runs");
            app.add_flag("--no-wait", options->no_wait, "only ask for it");
            return [options, &context] { return sync(*options, context); };
          }};
}

}  // namespace hwcsync::cli
