#include "gitops/apply/nixos_builder.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_directory.hpp"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

// Against the real nix-env and nix-store, in a profile and a store path of its own.
namespace hwcsync::apply {
namespace {

// A store path with something in it; the test is skipped where there is no usable Nix.
std::string add_to_store(ProcessRunner& runner, const test::TemporaryDirectory& dir,
                         const std::string& name) {
  const std::string system = dir.path() + '/' + name;
  std::filesystem::create_directories(system + "/bin");
  std::ofstream(system + "/bin/switch-to-configuration") << "#!/bin/sh\necho " << name << "\n";
  try {
    const auto added =
        runner.run({.argv = {"nix-store", "--add", system}, .environment = minimal_environment()});
    if (added.status.ok()) return added.output.substr(0, added.output.find('\n'));
    std::printf("skipped: nix-store --add does not work here: %s\n", last_line(added.errors).c_str());
  } catch (const std::exception& e) {
    std::printf("skipped: %s\n", e.what());
  }
  std::exit(77);
}

TEST_CASE("a profile is set, read back, and set back to the recorded path") {
  const test::TemporaryDirectory dir;
  SystemProcessRunner runner;
  const std::string one = add_to_store(runner, dir, "one");
  const std::string two = add_to_store(runner, dir, "two");
  NixosBuilder builder(runner, {.nixos_rebuild = "nixos-rebuild",
                                .profile = dir.path() + "/profile",
                                .current_system = dir.path() + "/current-system",
                                .roots = dir.path() + "/gcroots"});
  CHECK(builder.profile().empty());
  CHECK(builder.current_system().empty());
  builder.set_profile(one);
  CHECK(builder.profile() == one);
  builder.set_profile(two);
  builder.set_profile(one);
  CHECK(builder.profile() == one);
  CHECK(builder.exists(one));
  CHECK_FALSE(builder.exists("/nix/store/nothing-here"));
}

TEST_CASE("a root is known to the garbage collector until it is removed") {
  const test::TemporaryDirectory dir;
  SystemProcessRunner runner;
  const std::string path = add_to_store(runner, dir, "three");
  NixosBuilder builder(runner, {.roots = dir.path() + "/gcroots"});
  builder.add_root("run-7", path);
  builder.add_root("run-7", path);
  CHECK(builder.roots() == std::vector<std::string>{"run-7"});
  const auto roots =
      runner.run({.argv = {"nix-store", "--query", "--roots", path}, .environment = minimal_environment()});
  CHECK_THAT(roots.output, Catch::Matchers::Contains(dir.path() + "/gcroots/run-7"));
  builder.remove_root("run-7");
  builder.remove_root("run-7");
  CHECK(builder.roots().empty());
}

TEST_CASE("the result of a build is found in its directory") {
  const test::TemporaryDirectory dir;
  SystemProcessRunner runner;
  NixosBuilder builder(runner, {});
  CHECK_FALSE(builder.built_path(dir.path()).has_value());
  std::filesystem::create_directory(dir.path() + "/target");
  std::filesystem::create_symlink(dir.path() + "/target", dir.path() + "/result");
  CHECK(builder.built_path(dir.path()) == dir.path() + "/target");
}

}  // namespace
}  // namespace hwcsync::apply
