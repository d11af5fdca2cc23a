#include "gitops/plan/plan.hpp"
#include "src/base/error.hpp"
#include "src/base/fd.hpp"
#include "src/cli/commands.hpp"
#include "src/cli/exit_status.hpp"
#include "src/cli/facts.hpp"
#include "src/cli/people.hpp"
#include "src/cli/request.hpp"
#include "src/cli/source.hpp"

#include <CLI/CLI.hpp>

#include <filesystem>
#include <iostream>
#include <memory>
#include <ostream>

#include <unistd.h>

namespace hwcsync::cli {
namespace {

struct Options {
  std::string plan;
  std::string to;
  std::vector<std::string> acks;
  bool yes = false;
};

// What --plan names: the id, whole or its beginning, or a file that `plan -o` wrote.
std::string expected_plan(const std::string& given) {
  if (given.empty() || !std::filesystem::is_regular_file(given)) return given;
  const Json plan = parse_json(read_file(given), given);
  if (!plan.contains("id")) throw Error("cannot use the plan", given, "it has no id");
  return plan["id"].get<std::string>();
}

bool confirmed(const Options& options, Context& context) {
  if (options.yes || !options.plan.empty()) return true;
  if (::isatty(STDIN_FILENO) == 0) {
    throw RefusedError({"cannot apply", "without a word of agreement", "standard input is no terminal",
                        "add --yes, or --plan ID for exactly that plan"});
  }
  context.err << "apply this plan? [y/N] " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "yes";
}

int apply(const Options& options, Context& context) {
  const settings::Settings settings = load_settings(context);
  require_root("apply");
  fetch_newest(settings);
  const git::Repository mirror(settings.mirror());
  plan::Inputs inputs;
  inputs.repository = &mirror;
  inputs.to = mirror.require(options.to.empty() ? settings.repository.branch : options.to);
  inputs.host = choose_host(context, settings, stack::read_repository_config(mirror.tree(*inputs.to)));
  inputs.from = deployed_revision(mirror, inputs.host);
  inputs.machine = machine_name();
  inputs.acks = {options.acks.begin(), options.acks.end()};
  inputs.facts = facts_from_service(settings);
  const plan::Plan plan = plan::make_plan(inputs);
  const std::string expected = expected_plan(options.plan);
  if (!expected.empty() && plan.id.compare(0, expected.size(), expected) != 0) {
    throw RefusedError({"cannot apply plan", expected,
                        "things moved since it was made: now it would be " + plan.id,
                        "look again: hwcsync plan"});
  }
  if (plan.refused()) {
    if (context.json) context.out << json_text(plan::to_json(plan));
    context.err << plan::to_text(plan);
    return kRefused;
  }
  if (expected.empty()) context.err << plan::to_text(plan);
  if (!confirmed(options, context)) return kBusy;
  history::Request request;
  request.host = inputs.host;
  request.from = inputs.from ? inputs.from->hex() : "";
  request.to = inputs.to->hex();
  request.plan = plan.id;
  request.acks = inputs.acks;
  request.trigger = {"manual", user_name()};
  return run_and_follow(settings, std::move(request), context);
}

}  // namespace

Command apply_command() {
  return {"apply", "apply a plan, wait, and exit with its outcome",
          "  hwcsync apply\n"
          "  hwcsync apply --plan 7c1e\n"
          "  hwcsync apply --to 4f2c1a9 --yes --ack database-major:immich/database\n",
          [](CLI::App& app, Context& context) {
            auto options = std::make_shared<Options>();
            app.add_option("--plan", options->plan, "refuse when the plan is not this one any more")
                ->type_name("ID|FILE");
            app.add_option("--to", options->to, "revision (default: newest of the branch)")->type_name("REV");
            app.add_option("--ack", options->acks, "agree to what a refusal names")->type_name("WHAT");
            app.add_flag("-y,--yes", options->yes, "do not ask");
            return [options, &context] { return apply(*options, context); };
          }};
}

}  // namespace hwcsync::cli
