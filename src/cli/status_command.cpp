#include "gitops/history/deployed.hpp"
#include "src/cli/commands.hpp"
#include "src/cli/control.hpp"
#include "src/cli/exit_status.hpp"
#include "src/cli/people.hpp"
#include "src/cli/runs.hpp"
#include "src/cli/source.hpp"

#include <ostream>

#include <unistd.h>

namespace hwcsync::cli {
namespace {

std::string text(const Json& value, const char* key) {
  const auto found = value.find(key);
  return found != value.end() && found->is_string() ? found->get<std::string>() : "";
}

std::string since(const Json& status, const char* key, WallTime now) {
  const std::string time = text(status, key);
  return time.empty() ? "never" : ago(parse_time(time), now);
}

std::string deployed_line(const settings::Settings& settings, WallTime now) {
  const auto deployed = history::read_deployed(settings.state_dir);
  if (!deployed) return "nothing deployed yet";
  return "at " + deployed->revision.substr(0, 7) + " since " + ago(deployed->at, now) + ", run " +
         std::to_string(deployed->run);
}

void print_daemon(const Json& status, WallTime now, std::ostream& out) {
  const Json decision = status.value("decision", Json::object());
  const Json run = status.value("run", Json());
  const Json suspended = status.value("suspended", Json());
  out << "remote      " << text(status, "branch") << ' ' << text(status, "head").substr(0, 7);
  if (const std::string summary = text(status, "head_summary"); !summary.empty())
    out << " \"" << shorten(summary, 50) << '"';
  out << ", fetched " << since(status, "last_fetch", now) << '\n';
  if (const std::string error = text(status, "fetch_error"); !error.empty())
    out << "fetch       " << error << '\n';
  if (run.is_object())
    out << "run         " << run.value("id", 0) << " is " << people_state(text(run, "state")) << '\n';
  if (text(decision, "kind") == "refuse")
    out << "held up     " << first_line(text(decision, "reason")) << "   (hwcsync why)\n";
  if (suspended.is_object())
    out << "suspended   by " << text(suspended, "who") << ": " << text(suspended, "reason") << '\n';
  out << "next        poll in "
      << format_duration(std::chrono::milliseconds(status.value("next_poll_ms", 0)));
  if (!text(status, "watching").empty()) out << "; watching " << text(status, "watching");
  out << '\n';
}

void print_last_runs(const settings::Settings& settings, WallTime now, std::ostream& out) {
  const auto rows = newest_runs(settings, 2);
  if (rows.empty()) return;
  out << "last run    ";
  for (const history::RunRow& row : rows) {
    if (&row != &rows.front()) out << ";  ";
    out << row.id << ' ' << people_state(row.state)
        << (row.ended.empty() ? "" : " " + ago(parse_time(row.ended), now));
  }
  out << '\n';
}

int status(Context& context) {
  const settings::Settings settings = load_settings(context);
  auto client = daemon::ControlClient::connect(settings.control_socket());
  if (context.json) {
    context.out << json_text(client ? client->status() : Json{{"version", 1}, {"daemon", "not running"}});
    return kDone;
  }
  const WallTime now = SystemClock().now();
  context.out << settings.host;
  context.out << std::string(settings.host.size() < 11 ? 12 - settings.host.size() : 1, ' ');
  context.out << deployed_line(settings, now) << '\n';
  if (client) {
    print_daemon(client->status(), now, context.out);
  } else {
    context.out << "daemon      not running: systemctl status hwcsync.service\n";
  }
  if (client || ::geteuid() == 0) print_last_runs(settings, now, context.out);
  return kDone;
}

int why(Context& context) {
  const settings::Settings settings = load_settings(context);
  const Json status = require_daemon(settings).status();
  const Json decision = status.value("decision", Json::object());
  if (context.json) {
    context.out << json_text({{"version", 1},
                              {"head", status.value("head", Json())},
                              {"deployed", status.value("deployed", Json())},
                              {"decision", decision}});
    return kDone;
  }
  const std::string head = text(status, "head").substr(0, 7);
  const std::string deployed = text(status, "deployed").substr(0, 7);
  if (head.empty()) {
    context.out << "branch " << text(status, "branch") << " of " << text(status, "url")
                << " is not known yet";
  } else if (head == deployed) {
    context.out << settings.host << " runs " << head << ", the newest of " << text(status, "branch");
  } else {
    context.out << text(status, "branch") << " is at " << head << " \""
                << shorten(text(status, "head_summary"), 50) << "\"; " << settings.host << " runs "
                << (deployed.empty() ? "nothing of it" : deployed) << ", because\n  "
                << text(decision, "reason");
  }
  context.out << '\n';
  return kDone;
}

}  // namespace

Command status_command() {
  return {"status", "one screen: what runs, what comes, what stands in the way",
          "  hwcsync status\n  hwcsync status --json\n",
          [](CLI::App&, Context& context) { return [&context] { return status(context); }; }};
}

Command why_command() {
  return {"why", "say what stands between the newest revision and this machine", "  hwcsync why\n",
          [](CLI::App&, Context& context) { return [&context] { return why(context); }; }};
}

}  // namespace hwcsync::cli
