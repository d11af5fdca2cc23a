#include "gitops/layout/desired_state.hpp"
#include "gitops/nix/marker.hpp"
#include "gitops/nix/render.hpp"
#include "src/base/atomic_file.hpp"
#include "src/base/error.hpp"
#include "src/base/fd.hpp"
#include "src/base/text.hpp"
#include "src/cli/commands.hpp"
#include "src/cli/exit_status.hpp"
#include "src/cli/people.hpp"
#include "src/cli/source.hpp"
#include "src/cli/working_tree.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <ostream>

namespace hwcsync::cli {
namespace fs = std::filesystem;
namespace {

struct Options {
  std::string out;
  bool check = false;
};

// Files of ours below `directory` that are not rendered any more: they carry the marker line.
std::vector<std::string> leftovers(const std::string& directory,
                                   const std::map<std::string, std::string>& files) {
  std::vector<std::string> out;
  if (!fs::is_directory(directory)) return out;
  for (const auto& item : fs::recursive_directory_iterator(directory)) {
    const std::string path = fs::relative(item.path(), directory).string();
    if (item.is_regular_file() && files.count(path) == 0) out.push_back(path);
  }
  std::sort(out.begin(), out.end());
  return out;
}

// With the directories that it leaves empty: Git does not know them.
void remove_leftover(const fs::path& directory, const fs::path& path) {
  fs::remove(directory / path);
  for (fs::path above = path.parent_path(); !above.empty() && fs::is_empty(directory / above);
       above = above.parent_path()) {
    fs::remove(directory / above);
  }
}

// Everything that stands there must be ours and as we wrote it: what somebody edited is not overwritten.
void refuse_edited(const std::string& directory) {
  if (!fs::is_directory(directory)) return;
  for (const auto& item : fs::recursive_directory_iterator(directory)) {
    if (!item.is_regular_file() || nix::is_copy(fs::relative(item.path(), directory).string())) continue;
    const nix::MarkerState state = nix::marker_state(read_file(item.path().string()));
    if (state == nix::MarkerState::intact) continue;
    throw RefusedError({"cannot overwrite", item.path().string(),
                        state == nix::MarkerState::edited
                            ? "it was generated and has been edited since"
                            : "it does not carry the marker of a generated file",
                        "move your change to the stack itself, then remove the file"});
  }
}

int write_files(const std::string& directory, const nix::Rendered& rendered, const Context& context) {
  const auto& files = rendered.files;
  refuse_edited(directory);
  for (const auto& [path, content] : files) {
    const std::string full = directory + '/' + path;
    // Writing is synced, which takes longer than rendering.
    if (fs::is_regular_file(full) && read_file(full) == content) continue;
    make_directories(fs::path(full).parent_path().string(), 0755);
    AtomicFile file(full, rendered.executables.count(path) > 0 ? 0755 : 0644);
    file.write(content);
    file.commit();
  }
  for (const std::string& path : leftovers(directory, files)) remove_leftover(directory, path);
  context.err << "wrote " << count_of(files.size(), "file") << " to " << directory << '\n';
  return kDone;
}

bool is_executable(const fs::path& path) {
  return (fs::status(path).permissions() & fs::perms::owner_exec) != fs::perms::none;
}

// What stands there against what would be written.
int check_files(const std::string& directory, const nix::Rendered& rendered, const Context& context) {
  std::vector<std::string> stale = leftovers(directory, rendered.files);
  for (const auto& [path, content] : rendered.files) {
    const std::string full = directory + '/' + path;
    const bool runs = rendered.executables.count(path) > 0;
    if (!fs::is_regular_file(full) || is_executable(full) != runs || read_file(full) != content)
      stale.push_back(path);
  }
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
