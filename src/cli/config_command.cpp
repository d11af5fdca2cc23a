#include "gitops/compose/loader.hpp"
#include "gitops/layout/desired_state.hpp"
#include "src/base/error.hpp"
#include "src/base/json.hpp"
#include "src/base/text.hpp"
#include "src/cli/commands.hpp"
#include "src/cli/exit_status.hpp"
#include "src/cli/people.hpp"
#include "src/cli/plain_files.hpp"
#include "src/cli/source.hpp"
#include "src/cli/working_tree.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <ostream>

namespace hwcsync::cli {
namespace {

struct Options {
  std::string stack;
  std::vector<std::string> files;
  std::vector<std::string> env_files;
  std::vector<std::string> variables;
  std::vector<std::string> profiles;
  std::string project;
  std::string format = "yaml";

  [[nodiscard]] bool plain() const {
    return !files.empty() || !env_files.empty() || !variables.empty() || !profiles.empty() ||
           !project.empty();
  }
};

// Numbers and booleans of the canonical model are written plain; all else is text.
OrderedJson to_json(const Yaml& value) {
  if (value.is_null()) return nullptr;
  if (value.is_sequence()) {
    OrderedJson out = OrderedJson::array();
    for (const Yaml& item : value.items) out.push_back(to_json(item));
    return out;
  }
  if (value.is_mapping()) {
    OrderedJson out = OrderedJson::object();
    for (const Yaml::Entry& entry : value.entries) out[entry.key] = to_json(entry.value);
    return out;
  }
  if (value.style == Yaml::Style::quoted) return value.text;
  if (value.text == "true" || value.text == "false") return value.text == "true";
  OrderedJson number = OrderedJson::parse(value.text, nullptr, false);
  return number.is_number() ? number : OrderedJson(value.text);
}

void print(const compose::Project& project, const Context& context) {
  if (context.json) {
    context.out << json_text(to_json(project.canonical));
  } else {
    context.out << write_yaml(project.canonical);
  }
}

void warn_of_unset(const compose::Project& project, const Context& context) {
  for (const auto& [name, where] : project.unset_variables) {
    context.err << "hwcsync: " << where.to_string() << ": warning: the variable '" << name
                << "' is not set and becomes empty text\n";
  }
}

// What a stack of style compose could not have, for which the model below may hold nothing.
void warn_of_limits(const compose::Project& project, const Context& context) {
  for (const compose::Limit& limit : project.limits) {
    if (limit.of != compose::Limit::Of::provider) continue;
    context.err << "hwcsync: " << with_plain_name(limit.problem.where).to_string()
                << ": warning: " << limit.problem.message << '\n';
  }
}

compose::Variables declared(const std::vector<std::string>& words) {
  compose::Variables out;
  for (const std::string& word : words) {
    const auto equals = word.find('=');
    const std::string name = word.substr(0, equals);
    if (equals == std::string::npos || !compose::is_variable_name(name)) {
      throw UsageError({"cannot use", "--var " + word, "it is not NAME=VALUE", ""});
    }
    if (!is_valid_utf8(word))
      throw UsageError({"cannot use", "--var " + printable(word), "its value is not UTF-8", ""});
    out.values[name] = word.substr(equals + 1);
  }
  return out;
}

std::vector<std::string> tree_paths(const std::vector<std::string>& paths) {
  std::vector<std::string> out;
  for (const std::string& path : paths) out.push_back(to_tree_path(path));
  return out;
}

// Compose files of this machine, without a repository: nothing but what is said here has a value.
int show_plain(const Options& options, const Context& context) {
  const PlainFiles tree;
  std::vector<std::string> paths = tree_paths(options.files);
  if (paths.empty()) paths = compose::find_compose_files(tree, to_tree_path("."));
  if (paths.empty()) {
    throw UsageError({"cannot find a Compose file in", "this directory", "it has none of the usual names",
                      "name it with -f FILE, or a stack of a repository: hwcsync config STACK"});
  }
  compose::Context facts;
  facts.setting = compose::Context::Setting::plain;
  facts.directory = compose::directory_of(paths.front());
  facts.project_name = options.project;
  facts.profiles = options.profiles;
  facts.variables = declared(options.variables);
  if (!options.env_files.empty()) facts.env_files = tree_paths(options.env_files);
  if (const char* home = std::getenv("HOME")) facts.home = home;
  try {
    std::vector<compose::ComposeFile> files;
    for (const std::string& path : paths) files.push_back(compose::read_compose_file(tree, path));
    compose::Project project = compose::load_project(tree, std::move(files), facts);
    for (auto& [name, where] : project.unset_variables) where = with_plain_name(where);
    warn_of_unset(project, context);
    warn_of_limits(project, context);
    print(project, context);
  } catch (const ConfigError& error) {
    throw with_plain_names(error);
  }
  return kDone;
}

int show_stack(const Options& options, const Context& context) {
  if (options.plain()) {
    throw UsageError({"cannot show", "the stack '" + options.stack + "'",
                      "-f, --env-file, --var, --profile and --project-name are for plain Compose files",
                      "change hwcsync.yaml or the stack's stack.yaml instead"});
  }
  const settings::Settings settings = load_settings(context);
  const Files files = open_files("", context, settings);
  const auto config = stack::read_repository_config(*files.tree);
  const std::string host = choose_host(context, settings, config);
  const stack::Host& settings_of_host = stack::find_host(config, host);
  const auto& stacks = settings_of_host.stacks;
  if (std::find(stacks.begin(), stacks.end(), options.stack) == stacks.end()) {
    throw UsageError({"cannot show", "the stack '" + options.stack + "'",
                      "host '" + host + "' has no such stack" + suggestion(options.stack, stacks), ""});
  }
  layout::LoadCounters counters;
  const layout::Stack stack =
      layout::load_stack(*files.tree, config, settings_of_host, options.stack, counters);
  warn_of_unset(stack.project, context);
  print(stack.project, context);
  return kDone;
}

int show(const Options& options, const Context& context) {
  if (options.format != "yaml" && options.format != "json") {
    throw UsageError(
        {"cannot write", "the format '" + options.format + "'", "it is neither yaml nor json", ""});
  }
  return options.stack.empty() ? show_plain(options, context) : show_stack(options, context);
}

}  // namespace

Command config_command() {
  return {
      "config", "print the Compose model that hwcsync reads, fully resolved",
      "  hwcsync config                                     the Compose files of this directory\n"
      "  hwcsync config -f compose.yaml -f compose.prod.yaml --var TAG=1.2 --profile debug\n"
      "  hwcsync config --env-file prod.env --format json\n"
      "  hwcsync config immich --repo ~/config --host server    a stack, as it is deployed\n"
      "Variables come from --var, then from .env (or --env-file), never from the environment of this shell.\n"
      "What a secret provides stays ${NAME}, and a literal dollar sign is written $$.\n",
      [](CLI::App& app, Context& context) {
        auto options = std::make_shared<Options>();
        app.add_option("STACK", options->stack, "a stack of the repository, instead of plain files");
        app.add_option("-f,--file", options->files,
                       "Compose file; given again, later files are merged over earlier ones")
            ->type_name("FILE")
            ->allow_extra_args(false);
        app.add_option("--env-file", options->env_files, "variables, instead of .env beside the first file")
            ->type_name("FILE")
            ->allow_extra_args(false);
        app.add_option("--var", options->variables, "a variable")
            ->type_name("NAME=VALUE")
            ->allow_extra_args(false);
        app.add_option("--profile", options->profiles, "services of this profile too; '*' for all")
            ->type_name("NAME")
            ->allow_extra_args(false);
        app.add_option("-p,--project-name", options->project, "name of the project")->type_name("NAME");
        app.add_option("--format", options->format, "yaml (default) or json")->type_name("FORMAT");
        return [options, &context] {
          context.json = context.json || options->format == "json";
          return show(*options, context);
        };
      }};
}

}  // namespace hwcsync::cli
