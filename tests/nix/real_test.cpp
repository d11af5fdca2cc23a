// Needs nix-instantiate and, in HWCSYNC_NIXPKGS, nixpkgs or its lib/ beside
// nixos/modules/virtualisation/oci-containers.nix.
#include "gitops/nix/render.hpp"
#include "src/base/atomic_file.hpp"
#include "src/base/json.hpp"
#include "src/base/process.hpp"
#include "tests/nix/fixture.hpp"
#include "tests/nix/need_nix.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_directory.hpp"

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include <unistd.h>

using namespace hwcsync;

namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

struct NeedNixpkgs {
  NeedNixpkgs() {
    const std::string path = variable("HWCSYNC_NIXPKGS");
    const std::string module = path + "/nixos/modules/virtualisation/oci-containers.nix";
    if (!path.empty() && ::access(module.c_str(), R_OK) == 0) return;
    std::printf("skipped: HWCSYNC_NIXPKGS %s\n", path.empty() ? "is not set" : ("has no " + module).c_str());
    std::fflush(stdout);
    std::_Exit(77);
  }
};

const test::NeedNix kNeedNix;
const NeedNixpkgs kNeedNixpkgs;

}  // namespace

TEST_CASE(
    "generated modules and services.hwcsync evaluate with the real lib and the real oci-containers module") {
  const test::TemporaryDirectory directory;
  for (const auto& [name, content] : nix::render(test::example_state()).files) {
    const std::string path = directory.path() + "/" + name;
    make_directories(path.substr(0, path.rfind('/')), 0755);
    std::ofstream(path, std::ios::binary) << content;
  }
  const std::string source = variable("HWCSYNC_SOURCE_DIR");
  SystemProcessRunner runner;
  const auto result =
      runner.run({.argv = {"nix-instantiate", "--store", "dummy://", "--readonly-mode", "--eval", "--strict",
                           "--json", source + "/tests/nix/real.nix", "--arg", "nixpkgs",
                           variable("HWCSYNC_NIXPKGS"), "--arg", "modules",
                           "[ " + directory.path() + "/default.nix " + source +
                               "/nix/module.nix { services.hwcsync.enable = true; "
                               "services.hwcsync.repository.url = \"/srv/c.git\"; } ]"},
                  .environment = minimal_environment()});
  INFO(result.errors);
  REQUIRE(result.status.ok());
  const Json out = Json::parse(result.output);
  CHECK(out["failed"].empty());
  CHECK(out["warnings"].empty());

  const Json& services = out["services"];
  const Json& database = services["podman-ledger-db"];
  CHECK(database["serviceConfig"]["TimeoutStartSec"] == 230);
  CHECK(database["serviceConfig"]["Delegate"] == true);
  const auto script = services["podman-ledger-app"]["script"].get<std::string>();
  CHECK_THAT(script, Catch::Matchers::Contains("--env-file /run/hwcsync/view/0/podman-ledger-app.env"));
  CHECK_THAT(script, Catch::Matchers::Contains("'it'\\''s $HOME'"));
  CHECK_THAT(script, Catch::Matchers::Contains("'--entrypoint=[\"/bin/tini\",\"--\"]'"));
  CHECK_THAT(services["podman-sonarr"]["script"].get<std::string>(),
             Catch::Matchers::Contains("-p 127.0.0.1:8989:8989"));
  const Json& immich = services["immich-stack"];
  CHECK(immich["environment"]["PATH"] == "/run/wrappers/bin:/run/current-system/sw/bin");
  CHECK(immich["serviceConfig"]["ExecStart"] == "/etc/hwcsync/bin/compose-stack up immich");
  // The store path of a file follows from its content: the text of the source is not in it.
  CHECK_THAT(out["etc"]["hwcsync/stacks/immich/compose.yaml"]["source"].get<std::string>(),
             Catch::Matchers::Contains("-immich-compose.yaml"));
}
