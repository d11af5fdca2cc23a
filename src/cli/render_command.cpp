#include "gitops/layout/desired_state.hpp"
#include "gitops/nix/render.hpp"
#include "secrets/arena/base64.hpp"
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
#include <set>

namespace hwcsync::cli {
namespace {

struct Options {
  std::string out;
  bool check = false;
};

// Where the modules of a host go, or are looked for.
struct Target {
  std::string host;
  std::string directory;
};

std::vector<std::string> paths_of(const std::vector<GeneratedDirectory::Step>& steps,
                                  GeneratedDirectory::Step::Kind kind) {
  std::set<std::string> out;
  for (const auto& step : steps) {
    if (step.kind == kind && !GeneratedDirectory::is_list(step.path)) out.insert(step.path);
  }
  return {out.begin(), out.end()};
}

int write_files(const Target& target, const nix::Rendered& rendered, const Context& context) {
  using Kind = GeneratedDirectory::Step::Kind;
  const auto done = GeneratedDirectory(target.directory).write(rendered);
  if (context.json) {
    context.out << json_text({{"version", 1},
                              {"host", target.host},
                              {"directory", target.directory},
                              {"written", paths_of(done, Kind::write)},
                              {"removed", paths_of(done, Kind::remove)}});
  }
  const std::size_t written = paths_of(done, Kind::write).size();
  const std::size_t removed = paths_of(done, Kind::remove).size();
  context.err << target.directory << ": " << count_of(rendered.files.size(), "file") << " in all, "
              << (written + removed == 0 ? "nothing changed" : std::to_string(written) + " written")
              << (removed == 0 ? "" : ", " + std::to_string(removed) + " removed") << '\n';
  return kDone;
}

// What stands there against what would be written.
int check_files(const Target& target, const nix::Rendered& rendered, const Context& context) {
  const std::vector<std::string> stale = GeneratedDirectory(target.directory).stale(rendered);
  if (context.json) {
    context.out << json_text(
        {{"version", 1}, {"host", target.host}, {"directory", target.directory}, {"stale", stale}});
  } else {
    for (const std::string& path : stale)
      context.out << target.directory << '/' << printable(path) << ": stale\n";
  }
  return stale.empty() ? kDone : kDifferences;
}

// What is no text comes in base64: JSON has no bytes.
OrderedJson json_of(const std::string& host, const nix::Rendered& rendered) {
  OrderedJson out{{"version", 1}, {"host", host}, {"files", OrderedJson::object()}};
  out["files_base64"] = OrderedJson::object();
  for (const auto& [path, content] : rendered.files) {
    if (is_valid_utf8(content)) {
      out["files"][path] = content;
    } else {
      out["files_base64"][path] =
          secrets::encode_base64(secrets::as_bytes(content), secrets::Padding::required);
    }
  }
  return out;
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
    const Target target{host, root + '/' + config.generated + '/' + host};
    return options.check ? check_files(target, rendered, context) : write_files(target, rendered, context);
  }
  if (context.json) {
    context.out << json_text(json_of(host, rendered));
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
