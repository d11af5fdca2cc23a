#include "gitops/layout/desired_state.hpp"
#include "gitops/nix/render.hpp"
#include "src/base/text.hpp"
#include "src/cli/commands.hpp"
#include "src/cli/exit_status.hpp"
#include "src/cli/generated_directory.hpp"
#include "src/cli/people.hpp"
#include "src/cli/source.hpp"
#include "src/cli/working_tree.hpp"

#include <CLI/CLI.hpp>

#include <memory>
#include <ostream>

namespace hwcsync::cli {
namespace {

struct Options {
  std::string out;
  bool check = false;
};

int write_files(const std::string& directory, const nix::Rendered& rendered, const Context& context) {
  GeneratedDirectory(directory).write(rendered);
  context.err << "wrote " << count_of(rendered.files.size(), "file") << " to " << directory << '\n';
  return kDone;
}

// What stands there against what would be written.
int check_files(const std::string& directory, const nix::Rendered& rendered, const Context& context) {
  const std::vector<std::string> stale = GeneratedDirectory(directory).stale(rendered);
  for (const std::string& path : stale) context.out << directory << '/' << path << ": stale\n";
  return stale.empty() ? kDone : kDifferences;
}

int render(const Options& options, Context& context) {
  const settings::Settings settings = load_settings(context);
  const Files files = open_files("", context, settings);
  const auto config = stack::read_repository_config(*files.tree);
  const std::string host = choose_host(context, settings, config);
  layout::LoadCounters counters;
  const nix::Rendered rendered = nix::render(layout::load_desired_state(*files.tree, host, counters));
  if (!options.out.empty() || options.check) {
    const std::string root = options.out.empty() ? (files.root.empty() ? "." : files.root) : options.out;
    const std::string directory = root + '/' + config.generated + '/' + host;
    return options.check ? check_files(directory, rendered, context)
                         : write_files(directory, rendered, context);
  }
  if (context.json) {
    context.out << json_text({{"version", 1}, {"host", host}, {"files", rendered.files}});
    return kDone;
  }
  for (const auto& [path, content] : rendered.files) {
    context.out << "-- " << config.generated << '/' << host << '/' << path << '\n' << content;
  }
  return kDone;
}

}  // namespace

Command render_command() {
  return {"render", "write the generated modules",
          "  hwcsync render --out .\n  hwcsync render --check\n  hwcsync render --host server | less\n",
          [](CLI::App& app, Context& context) {
            auto options = std::make_shared<Options>();
            app.add_option("--out", options->out, "write below this directory instead of to stdout")
                ->type_name("DIR");
            app.add_flag("--check", options->check, "exit with 2 when what stands there is stale");
            return [options, &context] { return render(*options, context); };
          }};
}

}  // namespace hwcsync::cli
