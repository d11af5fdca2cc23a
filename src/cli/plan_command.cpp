#include "gitops/plan/plan.hpp"
#include "src/base/atomic_file.hpp"
#include "src/base/error.hpp"
#include "src/cli/commands.hpp"
#include "src/cli/exit_status.hpp"
#include "src/cli/facts.hpp"
#include "src/cli/people.hpp"
#include "src/cli/source.hpp"

#include <CLI/CLI.hpp>

#include <memory>
#include <ostream>

namespace hwcsync::cli {
namespace {

struct Options {
  std::string from;
  std::string to;
  std::string file;
  std::vector<std::string> acks;
  bool check = false;
};

int plan(const Options& options, Context& context) {
  const settings::Settings settings = load_settings(context);
  const Source source = open_source(context, settings);
  plan::Inputs inputs;
  inputs.repository = &source.repository;
  inputs.to = source.repository.require(options.to.empty() ? source.head : options.to);
  inputs.config = std::make_shared<const stack::RepositoryConfig>(
      stack::read_repository_config(source.repository.tree(*inputs.to)));
  inputs.host = choose_host(context, settings, *inputs.config);
  inputs.from = options.from.empty() ? deployed_revision(source.repository, inputs.host)
                                     : std::optional(source.repository.require(options.from));
  inputs.acks = {options.acks.begin(), options.acks.end()};
  if (source.is_mirror) {
    inputs.machine = machine_name();
    inputs.facts = facts_from_service(settings);
  }
  const plan::Plan made = plan::make_plan(inputs);
  const std::string json = json_text(plan::to_json(made));
  if (!options.file.empty()) {
    AtomicFile file(options.file, 0644);
    file.write(json);
    file.commit();
  }
  context.out << (context.json ? json : plan::to_text(made));
  if (made.refused()) return kRefused;
  return options.check && made.needs_run() ? kDifferences : kDone;
}

}  // namespace

Command plan_command() {
  return {"plan", "say what a revision would change",
          "  hwcsync plan\n"
          "  hwcsync plan --repo . --host server --from main~3 --to main\n"
          "  hwcsync plan --check --json\n",
          [](CLI::App& app, Context& context) {
            auto options = std::make_shared<Options>();
            app.add_option("--from", options->from, "revision to start from (default: what is deployed)")
                ->type_name("REV");
            app.add_option("--to", options->to, "revision to go to (default: newest)")->type_name("REV");
            app.add_option("-o,--output", options->file, "write the plan's JSON to this file too")
                ->type_name("FILE");
            app.add_option("--ack", options->acks, "agree to what a refusal names")->type_name("WHAT");
            app.add_flag("--check", options->check, "exit with 2 when something would change");
            return [options, &context] { return plan(*options, context); };
          }};
}

}  // namespace hwcsync::cli
