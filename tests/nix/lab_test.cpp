// Needs nix-instantiate and the lab's module evaluator, which refuses options that nothing declares.
#include "gitops/nix/render.hpp"
#include "src/base/atomic_file.hpp"
#include "src/base/fd.hpp"
#include "src/base/process.hpp"
#include "src/base/text.hpp"
#include "tests/nix/fixture.hpp"
#include "tests/nix/need_nix.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_directory.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace hwcsync;

namespace {

const test::NeedNix kNeedNix;

std::string source_directory() {
  return std::getenv("HWCSYNC_SOURCE_DIR");
}

void write(const std::string& path, const std::string& text) {
  make_directories(path.substr(0, path.rfind('/')), 0755);
  std::ofstream(path, std::ios::binary) << text;
}

// Evaluates the modules in the lab; `host` is a module of the test's own.
Json evaluate(const std::map<std::string, std::string>& files, const std::string& host,
              const std::string& attributes = "") {
  const test::TemporaryDirectory directory;
  for (const auto& [name, content] : files) write(directory.path() + "/generated/" + name, content);
  write(directory.path() + "/host.nix", host);
  SystemProcessRunner runner;
  const auto result =
      runner.run({.argv = {"nix-instantiate", "--store", "dummy://", "--readonly-mode", "--eval", "--strict",
                           "--json", source_directory() + "/lab/nix/eval.nix", "--arg", "modules",
                           "[ " + directory.path() + "/generated/default.nix " + directory.path() +
                               "/host.nix " + source_directory() + "/nix/module.nix ]",
                           "--arg", "attrs", "[ " + attributes + " ]", "--arg", "units", "true"},
                  .environment = minimal_environment()});
  INFO(result.errors);
  REQUIRE(result.status.ok());
  return Json::parse(result.output);
}

const char* const kHost = R"nix(
{ pkgs, ... }:
{
  networking.hostName = "server";
  services.hwcsync = {
    enable = true;
    package = pkgs.hello;
    host = "server";
    repository.url = "/srv/config.git";
    settings.log-level = "debug";
  };
}
)nix";

// The directives of a unit file, without comments, values of one key in their order.
std::vector<std::string> directives(const std::string& text) {
  std::vector<std::string> out;
  std::string section;
  for (const auto& line : split(text, '\n')) {
    if (line.empty() || line.front() == '#') continue;
    if (line.front() == '[') {
      section = line;
    } else {
      out.push_back(section + line);
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

// Takes out what only NixOS has, and says programs by their names.
std::vector<std::string> comparable(const std::string& text) {
  std::vector<std::string> out;
  for (std::string line : directives(text)) {
    if (line.find("]X-") != std::string::npos || line.find("]Environment=\"PATH=") != std::string::npos ||
        line.rfind("[Install]", 0) == 0) {
      continue;
    }
    const auto equals = line.find('=');
    if (line.find("]Exec") != std::string::npos) {
      const auto slash = line.rfind('/', line.find(' ', equals));
      line.erase(equals + 1, slash - equals);
    }
    out.push_back(line);
  }
  return out;
}

}  // namespace

TEST_CASE("generated modules and services.hwcsync evaluate where every option must be declared") {
  const Json out =
      evaluate(nix::render(test::example_state()).files, kHost,
               R"("environment.etc.\"hwcsync/config.yaml\".text" "systemd.user.sockets.podman.wantedBy")");
  CHECK(out["failedAssertions"].empty());
  CHECK(out["warnings"].empty());
  CHECK(out["config"]["systemd.user.sockets.podman.wantedBy"].dump().find("sockets.target") !=
        std::string::npos);
  CHECK(out["config"]["environment.etc.\"hwcsync/config.yaml\".text"] ==
        "{\"host\":\"server\",\"log-level\":\"debug\",\"repository\":{\"branch\":\"main\",\"url\":\"/srv/"
        "config.git\"},\"version\":1}\n");
  const auto& units = out["units"];
  for (const char* name : {"immich-stack.service", "caddy-stack.service", "podman-sonarr.service",
                           "podman-ledger-db.service", "podman-network-ledger_back.service",
                           "hwcsync.service", "hwcsync-secrets.service", "hwcsync-view@.service"}) {
    INFO(name);
    CHECK(units.contains(name));
  }
  const auto immich = units["immich-stack.service"].get<std::string>();
  CHECK_THAT(immich, Catch::Matchers::Contains("ExecStart=/etc/hwcsync/bin/compose-stack up immich\n"));
  CHECK_THAT(immich, Catch::Matchers::Contains(
                         "Environment=\"PATH=/run/wrappers/bin:/run/current-system/sw/bin\"\n"));
  CHECK_THAT(immich, Catch::Matchers::Contains("X-Reload-Triggers="));
  CHECK_THAT(units["podman-ledger-db.service"].get<std::string>(),
             Catch::Matchers::Contains("TimeoutStartSec=230"));
}

TEST_CASE("a stack's unit text stays the same when its content changes") {
  auto state = test::example_state();
  const auto text = [&] {
    auto unit = evaluate(nix::render(state).files, kHost)["units"]["caddy-stack.service"].get<std::string>();
    const auto at = unit.find("X-Reload-Triggers=");
    unit.erase(at, unit.find('\n', at) - at);
    return unit;
  };
  const auto before = text();
  state.stacks["caddy"]
      .project.canonical.find("services")
      ->find("proxy")
      ->set("image", Yaml::scalar("docker.io/library/caddy:2.9"));
  CHECK(text() == before);
}

TEST_CASE("an assertion can fire: the uid of the stack's user is another one") {
  auto state = test::example_state();
  state.config.podman = false;
  const Json out =
      evaluate(nix::render(state).files,
               std::string(kHost).insert(std::string(kHost).rfind('}'),
                                         "users.users.homelab = { isNormalUser = true; uid = 1002; };"));
  CHECK_THAT(out["failedAssertions"].dump(), Catch::Matchers::Contains("stack immich is for uid 1000"));
}

TEST_CASE("the placeholder stops a build with the way out") {
  const Json out = evaluate({{"default.nix", nix::placeholder("server")}}, kHost);
  CHECK_THAT(out["failedAssertions"].dump(), Catch::Matchers::Contains("hwcsync render --out ."));
}

TEST_CASE("the units in systemd/ say what the module says") {
  const std::string pull =
      R"nix({ pkgs, ... }: { services.hwcsync = { enable = true; package = pkgs.hello; repository.url = "x"; daemon.enable = false; pull.enable = true; }; })nix";
  const Json with_daemon = evaluate({{"default.nix", "{ }"}}, kHost)["units"];
  const Json with_timer = evaluate({{"default.nix", "{ }"}}, pull)["units"];
  for (const std::string name : {"hwcsync.service", "hwcsync-secrets.service", "hwcsync-view@.service",
                                 "hwcsync-sync.service", "hwcsync-sync.timer"}) {
    INFO(name);
    const auto& units = with_daemon.contains(name) ? with_daemon : with_timer;
    REQUIRE(units.contains(name));
    CHECK(comparable(units[name].get<std::string>()) ==
          comparable(read_file(source_directory() + "/systemd/" + name)));
  }
}

TEST_CASE("the secret service has no option that hides its mounts") {
  const auto text = read_file(source_directory() + "/systemd/hwcsync-secrets.service");
  for (const auto& line : directives(text)) {
    for (const char* word :
         {"ProtectSystem=", "ProtectHome=", "PrivateTmp=", "PrivateDevices=", "PrivateMounts=",
          "PrivateNetwork=", "PrivateUsers=", "ProtectKernel", "ProtectControlGroups=", "ProtectProc=",
          "ProtectHostname=", "ReadOnlyPaths=", "ReadWritePaths=", "InaccessiblePaths=", "BindPaths=",
          "TemporaryFileSystem=", "RootDirectory=", "MountFlags=", "DynamicUser="}) {
      INFO(line);
      CHECK(line.find(word) == std::string::npos);
    }
  }
}
