#include "gitops/compose/support_document.hpp"
#include "gitops/layout/desired_state.hpp"
#include "gitops/lint/lint.hpp"
#include "gitops/lint/rules.hpp"
#include "src/base/error.hpp"
#include "src/base/json.hpp"
#include "src/base/text.hpp"
#include "src/cli/commands.hpp"
#include "src/cli/exit_status.hpp"
#include "src/cli/explain_stack.hpp"
#include "src/cli/people.hpp"
#include "src/cli/source.hpp"
#include "src/cli/working_tree.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <memory>
#include <ostream>

namespace hwcsync::cli {
namespace {

std::string severity(const lint::Rule& rule) {
  return lint::to_string(rule.severity);
}

int list_rules(Context& context) {
  if (context.json) {
    OrderedJson rules = OrderedJson::array();
    for (const lint::Rule& rule : lint::rules())
      rules.push_back({{"rule", rule.name}, {"severity", severity(rule)}, {"summary", rule.summary}});
    context.out << json_text({{"version", 1}, {"rules", rules}});
    return kDone;
  }
  Table table;
  for (const lint::Rule& rule : lint::rules()) table.add({rule.name, severity(rule), rule.summary});
  context.out << table.text();
  return kDone;
}

int explain_rule(const lint::Rule& rule, Context& context) {
  if (context.json) {
    context.out << json_text({{"version", 1},
                              {"rule", rule.name},
                              {"severity", severity(rule)},
                              {"summary", rule.summary},
                              {"explanation", rule.explanation}});
  } else {
    context.out << rule.name << " (" << severity(rule) << "): " << rule.summary << "\n\n"
                << rule.explanation << '\n';
  }
  return kDone;
}

// The stacks of the repository at hand; none where there is no repository.
std::vector<std::string> known_stacks(const Files& files, const stack::RepositoryConfig& config) {
  std::vector<std::string> out;
  for (const TreeEntry& entry : files.tree->list(config.stacks).value_or(std::vector<TreeEntry>{})) {
    if (entry.kind == EntryKind::directory) out.push_back(entry.name);
  }
  return out;
}

int explain_stack(const std::string& name, const Files& files, const stack::RepositoryConfig& config,
                  Context& context) {
  const settings::Settings settings = load_settings(context);
  std::string host = context.host;
  for (const auto& [candidate, described] : config.hosts) {
    const auto& stacks = described.stacks;
    if (host.empty() && std::find(stacks.begin(), stacks.end(), name) != stacks.end()) host = candidate;
  }
  if (host.empty()) host = choose_host(context, settings, config);
  layout::LoadCounters counters;
  const layout::Stack stack = layout::load_stack(*files.tree, config, stack::find_host(config, host), name,
                                                 counters, layout::Limits::kept);
  if (context.json) {
    context.out << json_text(explain_json(stack));
  } else {
    context.out << explain_text(stack);
  }
  return kDone;
}

int explain(const std::string& name, Context& context) {
  if (name.empty()) return list_rules(context);
  if (const lint::Rule* rule = lint::find_rule(name)) return explain_rule(*rule, context);
  std::vector<std::string> names;
  for (const lint::Rule& known : lint::rules()) names.push_back(known.name);
  try {
    const Files files = open_files("", context, load_settings(context));
    const auto config = stack::read_repository_config(*files.tree);
    const std::vector<std::string> stacks = known_stacks(files, config);
    if (std::find(stacks.begin(), stacks.end(), name) != stacks.end())
      return explain_stack(name, files, config, context);
    names.insert(names.end(), stacks.begin(), stacks.end());
  } catch (const ConfigError&) {
    throw;
  } catch (const Error&) {
    // No repository here: only rules can be explained.
  }
  throw UsageError(
      {"cannot explain", "'" + name + "'", "there is no such rule or stack" + suggestion(name, names),
       "hwcsync explain lists the rules, and in a config repository hwcsync explain STACK explains a "
       "stack"});
}

}  // namespace

Command explain_command() {
  return {"explain", "say why a rule exists, or what becomes of each key of a stack",
          "  hwcsync explain\n  hwcsync explain image-unpinned\n  hwcsync explain immich\n"
          "  hwcsync explain --keys > docs/compose-support.md\n",
          [](CLI::App& app, Context& context) {
            auto name = std::make_shared<std::string>();
            auto keys = std::make_shared<bool>(false);
            app.add_option("RULE|STACK", *name, "default: list the rules");
            app.add_flag("--keys", *keys,
                         "what becomes of every key of the Compose specification, as Markdown");
            return [name, keys, &context] {
              if (!*keys) return explain(*name, context);
              if (context.json) {
                context.out << json_text({{"version", 1}, {"keys", compose::support_rows()}});
              } else {
                context.out << compose::support_document();
              }
              return static_cast<int>(kDone);
            };
          }};
}

}  // namespace hwcsync::cli
