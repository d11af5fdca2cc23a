#include "gitops/lint/lint.hpp"
#include "gitops/nix/render.hpp"
#include "src/base/text.hpp"
#include "src/cli/commands.hpp"
#include "src/cli/exit_status.hpp"
#include "src/cli/people.hpp"
#include "src/cli/source.hpp"
#include "src/cli/working_tree.hpp"

#include <CLI/CLI.hpp>

#include <memory>
#include <ostream>

namespace hwcsync::cli {
namespace {

// "6 stacks: 1 error, 4 warnings"
std::string summary(std::size_t stacks, const std::vector<lint::Finding>& findings) {
  std::size_t errors = 0;
  for (const lint::Finding& finding : findings) errors += finding.severity == stack::Severity::error ? 1 : 0;
  return count_of(stacks, "stack") + ": " + count_of(errors, "error") + ", " +
         count_of(findings.size() - errors, "warning");
}

int lint(const std::string& directory, Context& context) {
  const settings::Settings settings = load_settings(context);
  const Files files = open_files(directory, context, settings);
  const auto config = stack::read_repository_config(*files.tree);
  std::vector<std::string> hosts;
  if (!context.host.empty()) {
    hosts.push_back(choose_host(context, settings, config));
  } else {
    for (const auto& [name, host] : config.hosts) hosts.push_back(name);
  }
  std::vector<lint::Finding> findings;
  std::size_t stacks = 0;
  for (const std::string& host : hosts) {
    layout::LoadCounters counters;
    const layout::DesiredState desired = layout::load_desired_state(*files.tree, host, counters);
    for (lint::Finding& finding : lint::lint(desired)) findings.push_back(std::move(finding));
    // Some of what a style cannot carry shows only while its modules are made.
    (void)nix::render(desired);
    stacks += counters.stacks;
  }
  if (context.json) {
    context.out << json_text(lint::to_json(findings));
  } else {
    context.out << lint::to_text(findings) << summary(stacks, findings) << '\n';
  }
  return lint::has_error(findings) ? kDifferences : kDone;
}

}  // namespace

Command lint_command() {
  return {"lint", "look for what is wrong or risky", "  hwcsync lint\n  hwcsync lint ~/config --json\n",
          [](CLI::App& app, Context& context) {
            auto directory = std::make_shared<std::string>();
            app.add_option("DIR", *directory, "config repository (default: here)");
            return [directory, &context] { return lint(*directory, context); };
          }};
}

}  // namespace hwcsync::cli
