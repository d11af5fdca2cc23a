#include "src/cli/cli.hpp"

#include "secrets/arena/secret_error.hpp"
#include "src/base/error.hpp"
#include "src/base/text.hpp"
#include "src/cli/command.hpp"
#include "src/cli/exit_status.hpp"
#include "src/cli/json_answer.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <ostream>
#include <sstream>

namespace hwcsync::cli {
namespace {

constexpr const char* kIntroduction =
    "hwcsync keeps a NixOS host in step with a Git repository of container stacks.";

// What a command ended with.
struct Ending {
  int status = kDone;
  std::optional<Failure> failure{};  // told already
};

Ending report(std::ostream& err, int status, const Error& error) {
  err << "hwcsync: " << error.what() << '\n';
  if (!error.text().hint.empty()) err << "  " << error.text().hint << '\n';
  return {status, Failure{error.what(), error.text().hint}};
}

// Begins with the class of failure, so that a script can tell "no match" from a broken file.
Ending report_secret(std::ostream& err, const secrets::SecretError& error) {
  const ErrorText& text = error.text();
  std::string message = std::string(secrets::to_string(error.failure())) + ": " + text.context;
  if (!text.subject.empty()) message += ' ' + text.subject;
  if (!error.detail().empty()) message += ": " + error.detail();
  err << message << '\n';
  if (!text.hint.empty()) err << "  " << text.hint << '\n';
  return {kBadInput, Failure{message, text.hint}};
}

Ending report_problems(std::ostream& err, const ConfigError& error) {
  for (const Problem& problem : error.problems())
    err << "hwcsync: " << problem.where.to_string() << ": " << problem.message << '\n';
  return {error.kind() == ConfigKind::host ? kBadHostConfig : kBadInput,
          Failure{error.what(), error.text().hint, error.problems()}};
}

Ending say(std::ostream& err, int status, const std::string& message) {
  err << "hwcsync: " << message << '\n';
  return {status, Failure{message}};
}

// The one ladder of catches.
Ending guarded(const std::function<int()>& body, std::ostream& err) {
  try {
    return {body()};
  } catch (const ConfigError& error) {
    return report_problems(err, error);
  } catch (const UsageError& error) {
    return report(err, kUsage, error);
  } catch (const RefusedError& error) {
    return report(err, kRefused, error);
  } catch (const BusyError& error) {
    return report(err, kBusy, error);
  } catch (const secrets::SecretError& error) {
    return report_secret(err, error);
  } catch (const Error& error) {
    return report(err, kFailed, error);
  } catch (const Cancelled&) {
    return say(err, kBusy, "cancelled");
  } catch (const std::filesystem::filesystem_error& error) {
    return say(err, kFailed, "cannot use " + error.path1().string() + ": " + error.code().message());
  } catch (const std::exception& error) {
    return say(err, kFailed, std::string("internal error: ") + error.what());
  }
}

Ending unknown_command(const std::string& word, std::ostream& err) {
  std::vector<std::string> names;
  for (const Command& command : commands()) {
    if (!command.hidden) names.push_back(command.name);
  }
  return report(err, kUsage,
                Error({"unknown command '" + word + "'" + suggestion(word, names), "", "",
                       "hwcsync help lists the commands"}));
}

void add_shared_options(CLI::App& app, Context& context) {
  app.add_option("--repo", context.repo, "config repository: a directory, bare or not")->type_name("DIR");
  app.add_option("--host", context.host, "host, as hwcsync.yaml names it")->type_name("NAME");
  app.add_option("--config", context.config,
                 "this machine's configuration (default /etc/hwcsync/config.yaml)")
      ->type_name("FILE");
  app.add_flag("--json", context.json, "write JSON");
}

// An empty word is a variable of a script that nobody set, and never means the default.
void refuse_empty_words(CLI::App& app) {
  const CLI::Validator not_empty(
      [](std::string& word) { return word.empty() ? std::string("may not be empty") : std::string(); }, "",
      "");
  for (CLI::Option* option : app.get_options()) {
    if (option->get_items_expected_max() > 0) option->check(not_empty);
  }
  for (CLI::App* below : app.get_subcommands({})) refuse_empty_words(*below);
}

// What is wrong with a command line, and for a command that has subcommands which ones those are.
Ending report_usage(std::ostream& err, const CLI::App& app, const std::vector<std::string>& words,
                    const std::string& trouble) {
  std::vector<std::string> names;
  const auto commands =
      app.get_subcommands([&](const CLI::App* sub) { return sub->get_name() == words.front(); });
  if (!commands.empty()) {
    for (const CLI::App* below : commands.front()->get_subcommands([](const CLI::App*) { return true; }))
      names.push_back(below->get_name());
  }
  const auto word = std::find_if(words.begin() + 1, words.end(),
                                 [](const std::string& one) { return one.empty() || one.front() != '-'; });
  const bool known = word != words.end() && std::find(names.begin(), names.end(), *word) != names.end();
  if (names.empty() || known) return say(err, kUsage, trouble);
  const std::string message = word == words.end() ? words.front() + " needs a subcommand"
                                                  : "unknown subcommand '" + *word + "' of " + words.front() +
                                                        suggestion(*word, names);
  return report(err, kUsage, Error({message, "", "", "its subcommands: " + join(names, ", ")}));
}

bool is_known(const std::string& word) {
  for (const Command& command : commands()) {
    if (command.name == word) return true;
  }
  return false;
}

// `context.out` is where the command writes.
Ending run_words(std::vector<std::string> arguments, Context& context) {
  CLI::App app{kIntroduction, "hwcsync"};
  app.require_subcommand(0, 1);
  app.set_version_flag("--version", std::string("hwcsync ") + HWCSYNC_VERSION);
  app.add_flag("--json", context.json, "write JSON");
  app.footer("hwcsync COMMAND --help shows the options and examples of a command.");
  if (arguments.front().front() != '-' && !is_known(arguments.front()))
    return unknown_command(arguments.front(), context.err);

  std::function<int()> selected;
  for (const Command& command : commands()) {
    CLI::App* sub = app.add_subcommand(command.name, command.summary);
    if (command.hidden) sub->group("");
    if (!command.examples.empty()) sub->footer("Examples:\n" + command.examples);
    add_shared_options(*sub, context);
    const std::function<int()> body = command.declare(*sub, context);
    refuse_empty_words(*sub);
    sub->final_callback([&selected, body] { selected = body; });
  }
  const std::vector<std::string> words = arguments;
  try {
    std::reverse(arguments.begin(), arguments.end());  // CLI11 takes its words from the back
    app.parse(arguments);
  } catch (const CLI::Success& done) {  // --help, --version
    return {app.exit(done, context.out, context.err)};
  } catch (const CLI::ParseError& error) {
    return report_usage(context.err, app, words, error.what());
  }
  if (!selected) return say(context.err, kUsage, "no command is named");
  return guarded(selected, context.err);
}

// `help` and no words at all are --help.
std::vector<std::string> with_help(std::vector<std::string> arguments) {
  if (!arguments.empty() && arguments.front() == "help") {
    arguments.erase(arguments.begin());
    arguments.emplace_back("--help");
  }
  if (arguments.empty()) arguments.emplace_back("--help");
  return arguments;
}

}  // namespace

int run(std::vector<std::string> arguments, std::ostream& out, std::ostream& err) {
  arguments = with_help(std::move(arguments));
  const bool json = asks_for_json(arguments);
  std::ostringstream written;
  Context context{json ? written : out, err, {}, {}, {}};
  const auto named = std::find_if(arguments.begin(), arguments.end(),
                                  [](const std::string& word) { return word.rfind('-', 0) != 0; });
  const std::string command = named == arguments.end() ? "" : *named;
  const Ending ending = run_words(std::move(arguments), context);
  if (json && !context.answered) out << json_answer(command, ending.status, written.str(), ending.failure);
  errno = 0;
  if (out.flush() || errno == EPIPE) return ending.status;  // who closes a pipe has seen enough
  err << "hwcsync: cannot write standard output: " << std::strerror(errno) << '\n';
  return ending.status == kDone ? kFailed : ending.status;
}

}  // namespace hwcsync::cli
