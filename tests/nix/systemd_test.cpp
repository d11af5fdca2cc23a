// systemd's own programs judge our encoders: systemd-tmpfiles makes what a rule means, systemd-escape names
// units.
#include "gitops/nix/encoders.hpp"
#include "src/base/error.hpp"
#include "src/base/process.hpp"
#include "src/base/text.hpp"
#include "tests/nix/hostile.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_directory.hpp"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include <unistd.h>

using namespace hwcsync;

namespace {

struct NeedSystemd {
  NeedSystemd() {
    for (const char* program : {"/usr/bin/systemd-tmpfiles", "/usr/bin/systemd-escape"}) {
      if (::access(program, X_OK) == 0) continue;
      std::fprintf(stderr, "skipped: there is no %s\n", program);
      std::_Exit(77);
    }
  }
};

const NeedSystemd kNeedSystemd;

std::string run(std::vector<std::string> argv) {
  SystemProcessRunner runner;
  const auto result = runner.run({.argv = std::move(argv), .environment = minimal_environment()});
  INFO(result.errors);
  REQUIRE(result.status.ok());
  return result.output;
}

}  // namespace

TEST_CASE("systemd-tmpfiles makes directories of a thousand hostile names as they are") {
  const test::TemporaryDirectory directory;
  test::HostileText random(11);
  std::set<std::string> names;
  std::string rules;
  const std::string owner = std::to_string(::getuid()) + ":" + std::to_string(::getgid());
  while (names.size() < 1000) {
    const std::string name = "n" + random("/\n\r");
    if (name.size() > 200 || !names.insert(name).second) continue;
    rules += nix::tmpfiles_directory("/" + name, "0755", owner) + "\n";
  }
  std::filesystem::create_directory(directory.path() + "/root");
  std::ofstream(directory.path() + "/rules.conf", std::ios::binary) << rules;
  (void)run({"systemd-tmpfiles", "--create", "--root=" + directory.path() + "/root",
             directory.path() + "/rules.conf"});
  std::set<std::string> made;
  for (const auto& entry : std::filesystem::directory_iterator(directory.path() + "/root"))
    made.insert(entry.path().filename().string());
  CHECK(made == names);
  CHECK_THROWS_AS(nix::tmpfiles_directory("/a\nb", "0755", "0:0"), Error);
}

TEST_CASE("systemd-escape gives the unit names of a thousand hostile paths that we give") {
  test::HostileText random(13);
  std::vector<std::string> argv{"systemd-escape", "--path", "--"};
  std::vector<std::string> ours;
  while (ours.size() < 1000) {
    const std::string path = "/m" + random("\n") + "/x" + random("\n");
    argv.push_back(path);
    ours.push_back(nix::systemd_path_unit(path));
  }
  std::string text = run(argv);
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  CHECK(split(text, ' ') == ours);
}
