// Every case below tests/golden/nix is a config repository (in/) and what it renders to (out/).
// HWCSYNC_ACCEPT=1 writes out/ anew, and fails.
#include "gitops/nix/render.hpp"
#include "src/base/atomic_file.hpp"
#include "src/base/fd.hpp"
#include "tests/support/catch.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

using namespace hwcsync;

namespace {

namespace fs = std::filesystem;

std::string cases() {
  return std::string(std::getenv("HWCSYNC_SOURCE_DIR")) + "/tests/golden/nix";
}

std::map<std::string, std::string> read_directory(const std::string& root) {
  std::map<std::string, std::string> out;
  if (!fs::exists(root)) return out;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (entry.is_regular_file())
      out[entry.path().string().substr(root.size() + 1)] = read_file(entry.path().string());
  }
  return out;
}

void accept(const std::string& root, const std::map<std::string, std::string>& files) {
  fs::remove_all(root);
  for (const auto& [name, content] : files) {
    const std::string path = root + "/" + name;
    make_directories(path.substr(0, path.rfind('/')), 0755);
    std::ofstream(path, std::ios::binary) << content;
  }
}

}  // namespace

TEST_CASE("each repository renders to the files that were accepted") {
  std::size_t count = 0;
  for (const auto& entry : fs::directory_iterator(cases())) {
    const std::string directory = entry.path().string();
    INFO(directory);
    layout::LoadCounters counters;
    const DirectoryTree tree(directory + "/in");
    const auto is = nix::render(layout::load_desired_state(tree, "server", counters)).files;
    const auto should = read_directory(directory + "/out");
    ++count;
    if (is == should) continue;
    if (std::getenv("HWCSYNC_ACCEPT") != nullptr) {
      accept(directory + "/out", is);
      FAIL_CHECK("accepted; look at the difference and run again without HWCSYNC_ACCEPT");
      continue;
    }
    for (const auto& [name, content] : should) CHECK(is.count(name) == 1);
    for (const auto& [name, content] : is) {
      INFO(name);
      const auto old = should.find(name);
      CHECK((old == should.end() ? "" : old->second) == content);
    }
  }
  CHECK(count >= 2);
}

TEST_CASE("scripts of a mounted directory and of a build may be run where they come to stand") {
  layout::LoadCounters counters;
  const DirectoryTree tree(cases() + "/compose/in");
  CHECK(nix::render(layout::load_desired_state(tree, "server", counters)).executables ==
        std::set<std::string>{"stacks/proxy/contexts/page/greet", "stacks/proxy/trees/site/cgi-bin/hello"});
}

TEST_CASE("a comment in a Compose file changes no byte of what is rendered") {
  const auto files = read_directory(cases() + "/compose/in");
  MemoryTree before(files);
  MemoryTree after(files);
  const std::string path = "stacks/photos/compose.yaml";
  after.put(path, "# a comment\n" + files.at(path) + "\n# another\n");
  layout::LoadCounters counters;
  CHECK(nix::render(layout::load_desired_state(before, "server", counters)).files ==
        nix::render(layout::load_desired_state(after, "server", counters)).files);
}
