#include "src/cli/cli.hpp"

#include "gitops/lint/lint.hpp"
#include "secrets/arena/secret_error.hpp"
#include "src/base/error.hpp"
#include "src/base/json.hpp"
#include "src/base/text.hpp"
#include "src/cli/command.hpp"
#include "src/cli/exit_status.hpp"
#include "src/cli/people.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <ostream>

namespace hwcsync::cli {
namespace {

constexpr const char* kIntroduction =
    "hwcsync keeps a NixOS host in step with a Git repository of container stacks.";

// Begins with the class of failure, so that a script can tell "no match" from a broken file.
void report_secret(std::ostream& err, const secrets::SecretError& error) {
  const ErrorText& text = error.text();
  err << secrets::to_string(error.failure()) << ": " << text.context;
  if (!text.subject.empty()) err << ' ' << text.subject;
  if (!error.detail().empty()) err << ": " << error.detail();
  err << '\n';
  if (!text.hint.empty()) err << "  " << text.hint << '\n';
}

void report(std::ostream& err, const Error& error) {
  err << "hwcsync: " << error.what() << '\n';
  if (!error.text().hint.empty()) err << "  " << error.text().hint << '\n';
}

// Commands that write one JSON document, and then write one about their failure too (docs/formats.md).
constexpr std::array kReaders{"config", "explain", "lint", "plan", "render"};

// What a reader of --json gets in the place of the document that could not be made.
class FailureDocument {
 public:
  FailureDocument(const std::string& command, const Context& context)
      : context_(context), wanted_(std::find(kReaders.begin(), kReaders.end(), command) != kReaders.end()) {}

  void write(const Error& error, const std::vector<Problem>& problems = {}) const {
    if (!wanted_ || !context_.json) return;
    std::vector<lint::Finding> findings;
    for (const Problem& problem : problems) {
      lint::Finding finding;
      finding.rule = "unreadable";
      finding.severity = stack::Severity::error;
      finding.where = problem.where;
      finding.message = problem.message;
      findings.push_back(std::move(finding));
    }
    OrderedJson out = lint::to_json(findings);
    out["error"] = {{"message", error.what()}, {"hint", error.text().hint}};
    context_.out << json_text(out);
  }

 private:
  const Context& context_;
  bool wanted_;
};

// The one ladder of catches.
int guarded(const std::function<int()>& body, std::ostream& err, const FailureDocument& document) {
  try {
    return body();
  } catch (const ConfigError& error) {
    for (const Problem& problem : error.problems()) {
      err << "hwcsync: " << problem.where.to_string() << ": " << problem.message << '\n';
    }
    document.write(error, error.problems());
    return error.kind() == ConfigKind::host ? kBadHostConfig : kBadInput;
  } catch (const UsageError& error) {
    report(err, error);
    document.write(error);
    return kUsage;
  } catch (const RefusedError& error) {
    report(err, error);
    document.write(error);
    return kRefused;
  } catch (const BusyError& error) {
    report(err, error);
    return kBusy;
  } catch (const secrets::SecretError& error) {
    report_secret(err, error);
    return kBadInput;
  } catch (const Error& error) {
    report(err, error);
    document.write(error);
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
void report_usage(std::ostream& err, const CLI::App& app, const std::vector<std::string>& words,
                  const std::string& trouble) {
  std::vector<std::string> names;
  const auto commands =
      app.get_subcommands([&](const CLI::App* sub) { return sub->get_name() == words.front(); });
  if (!commands.empty()) {
    for (const CLI::App* below : commands.front()->get_subcommands([](const CLI::App*) { return true; }))
      names.push_back(below->get_name());
  }
  if (names.empty()) {
    err << "hwcsync: " << trouble << '\n';
    return;
  }
  const auto word = std::find_if(words.begin() + 1, words.end(),
                                 [](const std::string& one) { return one.empty() || one.front() != '-'; });
  if (word == words.end()) {
    err << "hwcsync: " << words.front() << " needs a subcommand\n";
  } else if (std::find(names.begin(), names.end(), *word) == names.end()) {
    err << "hwcsync: unknown subcommand '" << *word << "' of " << words.front() << suggestion(*word, names)
        << '\n';
  } else {
    err << "hwcsync: " << trouble << '\n';
    return;
  }
  err << "  its subcommands: " << join(names, ", ") << '\n';
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
    refuse_empty_words(*sub);
    sub->final_callback([&selected, body] { selected = body; });
  }
  const std::vector<std::string> words = arguments;
  try {
    std::reverse(arguments.begin(), arguments.end());  // CLI11 takes its words from the back
    app.parse(arguments);
  } catch (const CLI::Success& done) {  // --help, --version
    return app.exit(done, out, err);
  } catch (const CLI::ParseError& error) {
    report_usage(err, app, words, error.what());
    return kUsage;
  }
  if (!selected) return kUsage;
  const int status = guarded(selected, err, FailureDocument(words.front(), context));
  errno = 0;
  if (out.flush() || errno == EPIPE) return status;  // who closes a pipe has seen enough
  err << "hwcsync: cannot write standard output: " << std::strerror(errno) << '\n';
  return status == kDone ? kFailed : status;
}

}  // namespace hwcsync::cli
