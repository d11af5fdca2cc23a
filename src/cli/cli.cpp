#include "src/cli/cli.hpp"

#include "secrets/arena/secret_error.hpp"
#include "src/base/error.hpp"
#include "src/base/text.hpp"
#include "src/cli/command.hpp"
#include "src/cli/exit_status.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <ostream>

namespace hwcsync::cli {
namespace {

constexpr const char* kIntroduction =
    "hwcsync keeps a NixOS host in step with a Git repository of container stacks.";

void report(std::ostream& err, const Error& error) {
  err << "hwcsync: " << error.what() << '\n';
  if (!error.text().hint.empty()) err << "  " << error.text().hint << '\n';
}

// The one ladder of catches.
int guarded(const std::function<int()>& body, std::ostream& err) {
  try {
    return body();
  } catch (const ConfigError& error) {
    for (const Problem& problem : error.problems()) {
      err << "hwcsync: " << problem.where.to_string() << ": " << problem.message << '\n';
    }
    return error.kind() == ConfigKind::host ? kBadHostConfig : kBadInput;
  } catch (const UsageError& error) {
    report(err, error);
    return kUsage;
  } catch (const RefusedError& error) {
    report(err, error);
    return kRefused;
  } catch (const BusyError& error) {
    report(err, error);
    return kBusy;
  } catch (const secrets::SecretError& error) {
    report(err, error);
    return kBadInput;
  } catch (const Error& error) {
    report(err, error);
    return kFailed;
  } catch (const Cancelled&) {
    err << "hwcsync: cancelled\n";
    return kBusy;
  } catch (const std::filesystem::filesystem_error& error) {
    err << "hwcsync: cannot use " << error.path1().string() << ": " << error.code().message() << '\n';
    return kFailed;
  } catch (const std::exception& error) {
    err << "hwcsync: internal error: " << error.what() << '\n';
    return kFailed;
  }
}

void unknown_command(const std::string& word, std::ostream& err) {
  std::vector<std::string> names;
  for (const Command& command : commands()) {
    if (!command.hidden) names.push_back(command.name);
  }
  err << "hwcsync: unknown command '" << word << "'" << suggestion(word, names) << '\n'
      << "  hwcsync help lists the commands\n";
}

void add_shared_options(CLI::App& app, Context& context) {
  app.add_option("--repo", context.repo, "config repository: a directory, bare or not")->type_name("DIR");
  app.add_option("--host", context.host, "host, as hwcsync.yaml names it")->type_name("NAME");
  app.add_option("--config", context.config,
                 "this machine's configuration (default /etc/hwcsync/config.yaml)")
      ->type_name("FILE");
  app.add_flag("--json", context.json, "write JSON");
}

bool is_known(const std::string& word) {
  for (const Command& command : commands()) {
    if (command.name == word) return true;
  }
  return false;
}

}  // namespace

int run(std::vector<std::string> arguments, std::ostream& out, std::ostream& err) {
  CLI::App app{kIntroduction, "hwcsync"};
  app.require_subcommand(0, 1);
  app.set_version_flag("--version", std::string("hwcsync ") + HWCSYNC_VERSION);
  app.footer("hwcsync COMMAND --help shows the options and examples of a command.");
  Context context{out, err, {}, {}, {}};
  if (!arguments.empty() && arguments.front() == "help") {
    arguments.erase(arguments.begin());
    arguments.emplace_back("--help");
  }
  if (arguments.empty()) arguments.emplace_back("--help");
  if (arguments.front().front() != '-' && !is_known(arguments.front())) {
    unknown_command(arguments.front(), err);
    return kUsage;
  }

  std::function<int()> selected;
  for (const Command& command : commands()) {
    CLI::App* sub = app.add_subcommand(command.name, command.summary);
    if (command.hidden) sub->group("");
    if (!command.examples.empty()) sub->footer("Examples:\n" + command.examples);
    add_shared_options(*sub, context);
    const std::function<int()> body = command.declare(*sub, context);
    sub->final_callback([&selected, body] { selected = body; });
  }
  try {
    std::reverse(arguments.begin(), arguments.end());  // CLI11 takes its words from the back
    app.parse(arguments);
  } catch (const CLI::Success& done) {  // --help, --version
    return app.exit(done, out, err);
  } catch (const CLI::ParseError& error) {
    err << "hwcsync: " << error.what() << '\n';
    return kUsage;
  }
  if (!selected) return kUsage;
  const int status = guarded(selected, err);
  errno = 0;
  if (out.flush() || errno == EPIPE) return status;  // who closes a pipe has seen enough
  err << "hwcsync: cannot write standard output: " << std::strerror(errno) << '\n';
  return status == kDone ? kFailed : status;
}

}  // namespace hwcsync::cli
