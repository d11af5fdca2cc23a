#include "gitops/lint/lint.hpp"
#include "gitops/lint/rules.hpp"
#include "src/base/error.hpp"
#include "src/base/json.hpp"
#include "src/base/text.hpp"
#include "src/cli/commands.hpp"
#include "src/cli/exit_status.hpp"
#include "src/cli/people.hpp"

#include <CLI/CLI.hpp>

#include <memory>
#include <ostream>

namespace hwcsync::cli {
namespace {

std::string severity(const lint::Rule& rule) {
  return lint::to_string(rule.severity);
}

int explain(const std::string& name, Context& context) {
  if (name.empty()) {
    Table table;
    for (const lint::Rule& rule : lint::rules()) table.add({rule.name, severity(rule), rule.summary});
    context.out << table.text();
    return kDone;
  }
  const lint::Rule* rule = lint::find_rule(name);
  if (rule == nullptr) {
    std::vector<std::string> names;
    for (const lint::Rule& known : lint::rules()) names.push_back(known.name);
    throw UsageError({"cannot explain", "'" + name + "'", "there is no such rule" + suggestion(name, names),
                      "hwcsync explain lists them"});
  }
  if (context.json) {
    context.out << OrderedJson{{"version", 1},
                               {"rule", rule->name},
                               {"severity", severity(*rule)},
                               {"summary", rule->summary},
                               {"explanation", rule->explanation}}
                       .dump(2)
                << '\n';
  } else {
    context.out << rule->name << " (" << severity(*rule) << "): " << rule->summary << "\n\n"
                << rule->explanation << '\n';
  }
  return kDone;
}

}  // namespace

Command explain_command() {
  return {"explain", "say why a rule exists and what to do instead",
          "  hwcsync explain\n  hwcsync explain image-unpinned\n", [](CLI::App& app, Context& context) {
            auto name = std::make_shared<std::string>();
            app.add_option("RULE", *name, "default: list them all");
            return [name, &context] { return explain(*name, context); };
          }};
}

}  // namespace hwcsync::cli
