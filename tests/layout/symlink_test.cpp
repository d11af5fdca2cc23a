#include "tests/layout/fixture.hpp"
#include "tests/support/temporary_directory.hpp"

#include <filesystem>
#include <fstream>

namespace hwcsync::layout {
namespace {

using Catch::Matchers::Contains;

// A repository on disk in which one name is a symbolic link to where its content really is.
class Linked {
 public:
  Linked() {
    put("hwcsync.yaml",
        "version: 1\nhosts: { server: { flake: '#server', stacks: [ one ], users: { homelab: { uid: 1000 } } "
        "} }\n");
    put("stacks/one/compose.yaml", "services: { web: { image: i } }\n");
    put("stacks/one/stack.yaml", "secrets: { token: { source: token.age } }\nassets: { CONF: app.conf }\n");
    put("stacks/one/token.age", "age-encryption.org/v1\n");
    put("stacks/one/app.conf", "x\n");
  }
  std::string problems_with_link(const std::string& path) {
    const std::string there = directory_.path() + '/' + path;
    const std::string elsewhere = directory_.path() + "/elsewhere";
    std::filesystem::rename(there, elsewhere);
    std::filesystem::create_symlink(elsewhere, there);
    return problems();
  }
  std::string problems() {
    try {
      LoadCounters counters;
      (void)load_desired_state(DirectoryTree(directory_.path()), "server", counters);
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "";
  }

  void put(const std::string& path, const std::string& content) {
    const std::filesystem::path full = directory_.path() + '/' + path;
    std::filesystem::create_directories(full.parent_path());
    std::ofstream(full) << content;
  }

 private:
  hwcsync::test::TemporaryDirectory directory_;
};

TEST_CASE("a symbolic link is called one, wherever it stands in the way") {
  CHECK(Linked().problems().empty());
  for (const char* path : {"hwcsync.yaml", "stacks", "stacks/one", "stacks/one/compose.yaml",
                           "stacks/one/stack.yaml", "stacks/one/token.age", "stacks/one/app.conf"}) {
    INFO(path);
    CHECK_THAT(Linked().problems_with_link(path),
               Contains("'" + std::string(path) + "' is a symbolic link, and none is followed: commit what"));
  }
}

TEST_CASE("a symbolic link that a container mounts is called one") {
  Linked linked;
  linked.put("stacks/one/compose.yaml", "services: { web: { image: i, volumes: [ './app.conf:/c' ] } }\n");
  linked.put("stacks/one/stack.yaml", "{}\n");
  CHECK(linked.problems().empty());
  CHECK_THAT(
      linked.problems_with_link("stacks/one/app.conf"),
      Contains("stacks/one/compose.yaml:1:41: 'app.conf' cannot be mounted: 'stacks/one/app.conf' is a "
               "symbolic link, and none is followed"));
}

TEST_CASE("a symbolic link is not read for the file it names") {
  for (const char* use :
       {"env_file: x.env", "label_file: x.env", "env_file: [ { path: x.env, required: false } ]",
        "extends: { file: x.env, service: web }"}) {
    INFO(use);
    Linked linked;
    linked.put("stacks/one/x.env", "services: { web: { image: i } }\n");
    linked.put("stacks/one/compose.yaml", "services: { web: { image: i, " + std::string(use) + " } }\n");
    CHECK_THAT(linked.problems_with_link("stacks/one/x.env"),
               Contains("'stacks/one/x.env' is a symbolic link, and none is followed"));
  }
}

}  // namespace
}  // namespace hwcsync::layout
