#include "gitops/nix/render.hpp"
#include "gitops/stack/names.hpp"
#include "src/base/atomic_file.hpp"
#include "src/base/error.hpp"
#include "src/cli/commands.hpp"
#include "src/cli/exit_status.hpp"
#include "src/cli/people.hpp"

#include <CLI/CLI.hpp>

#include <filesystem>
#include <memory>
#include <ostream>
#include <utility>

namespace hwcsync::cli {
namespace fs = std::filesystem;
namespace {

constexpr const char* kConfig = R"(version: 1
defaults: { style: compose, user: homelab }
variables: { DATA_ROOT: /mnt/docker }
hosts:
  HOST:
    flake: "#HOST"
    stacks: []
    users: { homelab: { uid: 1000, sub-ids: 100000 } }
    podman: true
    firewall: true
)";

enum class Written { yes, there_already };

Written write(const std::string& path, const std::string& content, const Context& context) {
  if (fs::exists(path)) {
    context.err << "kept   " << path << " (it is there already)\n";
    return Written::there_already;
  }
  make_directories(fs::path(path).parent_path().string(), 0755);
  AtomicFile file(path, 0644);
  file.write(content);
  file.commit();
  context.err << "wrote  " << path << '\n';
  return Written::yes;
}

int init(const std::string& directory, Context& context) {
  if (context.host.empty()) {
    throw UsageError(
        {"cannot start a repository", "", "it needs the name of a host", "hwcsync init --host server"});
  }
  if (!stack::is_name(context.host)) {
    throw UsageError({"cannot use the host name", context.host,
                      "only a-z, 0-9 and '-', beginning with a letter or digit", ""});
  }
  std::string config = kConfig;
  for (auto at = config.find("HOST"); at != std::string::npos; at = config.find("HOST")) {
    config.replace(at, 4, context.host);
  }
  make_directories(directory, 0755);
  OrderedJson answer{{"version", 1}, {"host", context.host}};
  answer["written"] = OrderedJson::array();
  answer["kept"] = OrderedJson::array();
  for (const auto& [path, content] :
       {std::pair(directory + "/hwcsync.yaml", config),
        std::pair(directory + "/generated/hwcsync/" + context.host + "/default.nix",
                  nix::placeholder(context.host))}) {
    answer[write(path, content, context) == Written::yes ? "written" : "kept"].push_back(path);
  }
  if (context.json) context.out << json_text(answer);
  context.err << "next: add a stack in stacks/NAME/compose.yaml, list it in hwcsync.yaml, and import\n"
                 "      ./generated/hwcsync/"
              << context.host << " in the modules of nixosConfigurations." << context.host << '\n';
  return kDone;
}

}  // namespace

Command init_command() {
  return {"init", "start a config repository", "  hwcsync init --host server\n",
          [](CLI::App& app, Context& context) {
            auto directory = std::make_shared<std::string>(".");
            app.add_option("DIR", *directory, "where (default: here)");
            return [directory, &context] { return init(*directory, context); };
          }};
}

}  // namespace hwcsync::cli
