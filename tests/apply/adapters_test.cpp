#include "gitops/apply/nixos_builder.hpp"
#include "gitops/apply/podman_runtime.hpp"
#include "gitops/apply/secret_service_adapter.hpp"
#include "gitops/apply/systemd_manager.hpp"
#include "secrets/manifest/manifest.hpp"
#include "src/base/error.hpp"
#include "src/base/text.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/fake_process_runner.hpp"
#include "tests/support/temporary_directory.hpp"

#include <filesystem>
#include <fstream>

#include <sys/stat.h>
#include <unistd.h>

namespace hwcsync::apply {
namespace {

using Catch::Matchers::Contains;
using test::FakeProcessRunner;

TEST_CASE("what systemctl shows becomes a status") {
  const auto unit =
      parse_unit_status("x.service",
                        "LoadState=loaded\nActiveState=active\nSubState=exited\nResult=success\n"
                        "InvocationID=abc\nExecMainCode=1\nExecMainStatus=4\n");
  REQUIRE(unit.has_value());
  CHECK(unit->exited);
  CHECK(unit->exit_code == 4);
  CHECK(unit->invocation == "abc");
  CHECK_FALSE(unit->busy());
  CHECK_FALSE(
      parse_unit_status("x", "LoadState=not-found\nActiveState=inactive\nSubState=dead\n").has_value());
  const auto killed =
      parse_unit_status("x", "LoadState=loaded\nActiveState=failed\nExecMainCode=2\nExecMainStatus=9\n");
  REQUIRE(killed.has_value());
  CHECK_FALSE(killed->exited);
}

TEST_CASE("our own transient units are not among the failed ones") {
  CHECK(parse_failed_units(
            "b.service loaded failed failed B\nhwcsync-switch-7.service loaded failed failed x\n"
            "\u25cf a.mount loaded failed failed A\n\n") == std::vector<std::string>{"a.mount", "b.service"});
}

TEST_CASE("a transient unit writes to a file and keeps its result") {
  FakeProcessRunner runner;
  runner.answer("show", "LoadState=not-found\nActiveState=inactive\n");
  SystemdManager systemd(runner);
  systemd.start_transient({.name = "hwcsync-switch-7.service",
                           .description = "d",
                           .argv = {"/nix/store/x/bin/switch-to-configuration", "switch"},
                           .environment = {{"NIXOS_INSTALL_BOOTLOADER", "0"}},
                           .directory = {},
                           .output_file = "/log"});
  const std::string line = runner.last_line();
  CHECK_THAT(line, Contains("systemd-run --no-block"));
  CHECK_THAT(line, Contains("--property=RemainAfterExit=yes"));
  CHECK_THAT(line, Contains("--property=StandardOutput=append:/log"));
  CHECK_THAT(
      line,
      Contains("--setenv=NIXOS_INSTALL_BOOTLOADER=0 -- /nix/store/x/bin/switch-to-configuration switch"));
  CHECK(line.find("--pipe") == std::string::npos);
}

TEST_CASE("what podman inspects becomes a status") {
  const auto containers = parse_inspect(
      {"homelab", 1000},
      R"([{"Name":"b","Id":"a1","RestartCount":2,"State":{"Status":"running","Pid":17,"StartedAt":"t","ExitCode":0,
           "Health":{"Status":"healthy"}},"Config":{"Labels":{"io.hwcsync.stack":"photos"}}},
          {"Name":"a","State":{"Status":"exited","ExitCode":3,"Health":{"Status":""}},"Config":{"Labels":null}}])");
  REQUIRE(containers.size() == 2);
  CHECK(containers[0].name == "a");
  CHECK(containers[0].exit_code == 3);
  CHECK(containers[0].health.empty());
  CHECK(containers[1].stack == "photos");
  CHECK(containers[1].health == "healthy");
  CHECK(containers[1].restarts == 2);
  CHECK(containers[1].instance == "a1:17");
  CHECK_THROWS_AS(parse_inspect({}, "[{}]"), Error);
}

// A machine with podman, and user runtime directories that a test makes.
PodmanPlaces places_of(const test::TemporaryDirectory& directory) {
  std::filesystem::create_directory(directory.path() + "/bin");
  const std::string program = directory.path() + "/bin/podman";
  std::ofstream(program) << "";
  ::chmod(program.c_str(), 0755);
  return {.user_runtimes = directory.path(),
          .user_settings = directory.path() + "/users",
          .path = directory.path() + "/bin"};
}

TEST_CASE("a user's podman is asked through its socket, or as that user") {
  const test::TemporaryDirectory run;
  const std::string uid =
      std::to_string(::getuid() == 0 ? 1 : ::getuid());  // somebody who is in the user database
  const Account account{"somebody", std::stoll(uid)};
  FakeProcessRunner runner;
  const PodmanPlaces places = places_of(run);
  PodmanRuntime podman(runner, places);
  CHECK(podman.presence(account) == Presence::no_user);
  CHECK_FALSE(podman.has_image(account, "x"));
  CHECK(podman.containers(account).empty());
  CHECK(runner.lines.empty());
  std::filesystem::create_directories(run.path() + '/' + uid);
  CHECK(podman.has_image(account, "x"));
  CHECK_THAT(runner.last_line(), Contains("setpriv --reuid=" + uid));
  CHECK(runner.environment.count("CONTAINERS_STORAGE_CONF") == 0);
  const std::string storage = run.path() + "/users/" + account.user + "/storage.conf";
  std::filesystem::create_directories(run.path() + "/users/" + account.user);
  std::ofstream(storage) << "";
  CHECK(podman.has_image(account, "x"));
  CHECK(runner.environment.at("CONTAINERS_STORAGE_CONF") == storage);
  std::filesystem::create_directories(run.path() + '/' + uid + "/podman");
  std::ofstream(run.path() + '/' + uid + "/podman/podman.sock") << "";
  CHECK(podman.has_image(account, "x"));
  CHECK(runner.last_line() ==
        "podman --url unix://" + run.path() + '/' + uid + "/podman/podman.sock image exists -- x");
  CHECK(podman.has_image({"root", 0}, "x"));
  CHECK(runner.last_line() == "podman image exists -- x");
  const Invocation of_user = podman.as(account, {"tool", "x"});
  CHECK(of_user.argv == std::vector<std::string>{"tool", "x"});
  CHECK(of_user.environment.at("CONTAINER_HOST") ==
        "unix://" + run.path() + '/' + uid + "/podman/podman.sock");
  CHECK(podman.as({"root", 0}, {"tool"}).environment.count("CONTAINER_HOST") == 0);
  podman.pull({"root", 0}, "x", std::chrono::seconds(1));
  CHECK(runner.last_line() == "podman pull --quiet -- x");
}

TEST_CASE("a stack is removed with its containers and networks, and its volumes stay") {
  FakeProcessRunner runner;
  const test::TemporaryDirectory run;
  PodmanRuntime podman(runner, places_of(run));
  runner.answer("ps --all --quiet --no-trunc --filter label=io.hwcsync.stack=photos", "aaa\nbbb\n");
  runner.answer("container inspect", "pictures\n<no value>\n");
  runner.answer("--filter label=com.docker.compose.project=pictures", "pictures_default\n");
  runner.answer("network ls --quiet --filter label=io.hwcsync.stack=photos", "photos_back\n");
  podman.remove_stack({"root", 0}, "photos");
  const auto has = [&](const std::string& line) {
    return std::count(runner.lines.begin(), runner.lines.end(), line) == 1;
  };
  CHECK(has("podman rm --force --depend aaa bbb"));
  CHECK(has("podman network rm -- photos_back"));
  CHECK(has("podman network rm -- pictures_default"));
  CHECK(std::none_of(runner.lines.begin(), runner.lines.end(),
                     [](const auto& line) { return line.find("volume") != std::string::npos; }));
}

TEST_CASE("an image that cannot be pulled comes with podman's words") {
  FakeProcessRunner runner;
  runner.status = {ExitStatus::Kind::exited, 125};
  runner.errors = "Error: initializing source: manifest unknown\n";
  const test::TemporaryDirectory run;
  PodmanRuntime podman(runner, places_of(run));
  CHECK_THROWS_WITH(podman.pull({"root", 0}, "x", std::chrono::seconds(1)), Contains("manifest unknown"));
}

TEST_CASE("nixos-rebuild switches a store path where it can, else the profile is set first") {
  FakeProcessRunner runner;
  SECTION("new") {
    runner.answer("--help", "usage: ... [--store-path STORE_PATH]");
    NixosBuilder builder(runner, {.roots = "/nowhere"});
    CHECK(join(builder.switch_command("/nix/store/x").argv, " ") ==
          "nixos-rebuild switch --no-reexec --store-path /nix/store/x");
    CHECK(runner.lines.size() == 1);
    (void)builder.switch_command("/nix/store/x");
    CHECK(runner.lines.size() == 1);
  }
  SECTION("old") {
    runner.answer("--help", "usage: nixos-rebuild");
    NixosBuilder builder(runner, {.roots = "/nowhere"});
    CHECK(join(builder.switch_command("/nix/store/x").argv, " ") ==
          "/nix/store/x/bin/switch-to-configuration switch");
    CHECK(runner.last_line() == "nix-env --profile /nix/var/nix/profiles/system --set /nix/store/x");
  }
}

TEST_CASE("a build names the commit, or the exported configuration") {
  FakeProcessRunner runner;
  NixosBuilder builder(runner, {});
  CHECK(join(builder.build_command({.flake = "git+file:///m?rev=1#h", .configuration = {}}).argv, " ") ==
        "nixos-rebuild build --no-reexec --flake git+file:///m?rev=1#h");
  CHECK(join(builder.build_command({.flake = {}, .configuration = "/e/c.nix"}).argv, " ") ==
        "nixos-rebuild build --no-reexec -I nixos-config=/e/c.nix");
}

// The other side of the adapter, as far as it is asked.
class RecordingService final : public secrets::SecretService {
 public:
  std::vector<secrets::FileFact> facts(const secrets::SecretBundle&) override { return found; }
  secrets::StagedGeneration stage(const secrets::SecretBundle& bundle) override {
    manifest = bundle.manifest;
    return {"generation", found};
  }
  std::vector<secrets::ViewStatus> flip(const std::string& generation) override {
    flipped = generation;
    return {{.uid = 7, .path = {}, .bound = {}, .problem = "in the way"}};
  }
  void drop(const std::string&) override {}
  secrets::ViewStatus mount(uid_t) override { return {}; }
  void reload() override { ++reloads; }
  secrets::ServiceStatus status() override { return {.generation = "now", .staged = {"now", "then"}}; }
  std::vector<secrets::AuditRecord> audit(const secrets::AuditQuery&) override { return {}; }

  std::vector<secrets::FileFact> found;
  std::string manifest;
  std::string flipped;
  int reloads = 0;
};

TEST_CASE("facts of the secrets service keep their meaning, and nothing is a generation without files") {
  RecordingService service;
  service.found = {{.uid = 1,
                    .path = "p",
                    .stack = "s",
                    .name = "n",
                    .fact = secrets::Fact::undecryptable,
                    .reason = "why"}};
  SecretServiceAdapter adapter(service, "server");
  const auto facts = adapter.facts({});
  REQUIRE(facts.size() == 1);
  CHECK(facts[0].fact == plan::Fact::undecryptable);
  CHECK(facts[0].detail == "why");
  adapter.reload();
  CHECK(service.reloads == 1);
  CHECK(adapter.generations().active == "now");
  CHECK(adapter.flip("abc") == std::vector<std::string>{"uid 7: in the way"});
  CHECK(service.flipped == "abc");
  adapter.flip("");
  CHECK(service.flipped == "generation");
  CHECK(secrets::parse_manifest(service.manifest).files.empty());
}

TEST_CASE("a transient unit that is still at work is neither stopped nor started again") {
  FakeProcessRunner runner;
  runner.answer("show", "LoadState=loaded\nActiveState=activating\nSubState=start\nReloadResult=exit-code\n");
  SystemdManager systemd(runner);
  CHECK(systemd.unit("x")->reload_failed());
  CHECK_THROWS_AS(systemd.start_transient({.name = "hwcsync-switch-7.service"}), BusyError);
  CHECK_THAT(runner.last_line(), Contains("systemctl show"));
}

}  // namespace
}  // namespace hwcsync::apply
