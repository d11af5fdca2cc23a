// The pruning script, run by sh with a podman that plays images from a file and refuses what a container
// uses.
#include "src/base/atomic_file.hpp"
#include "src/base/fd.hpp"
#include "src/base/file_lock.hpp"
#include "src/base/process.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_directory.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <sys/stat.h>

using namespace hwcsync;

namespace {

// Lines of an images file, one a user: id name [used].
const char* const kPodman = R"sh(#!/bin/sh
echo "podman $*" >>"$LAB/calls"
images=$LAB/images.0
if [ "$1" = --url ]; then images=$LAB/images.$(echo "$2" | sed 's|.*/run/user/\([0-9]*\)/.*|\1|'); shift 2; fi
case "$1 $2" in
  "images "*) [ -e "$images" ] || exit 125; sed 's/ used$//; s/^/sha256:/' "$images" ;;
  "image inspect") while read -r id name used; do [ "$name" = "$5" ] && echo "$id" && exit 0; done <"$images"; exit 1 ;;
  "image rm") while read -r id name used; do
      if [ "$name" = "$3" ] || [ "sha256:$id" = "$3" ]; then [ -z "$used" ] || exit 2; fi
    done <"$images"
    grep -v " $3\$" "$images" | grep -v "^${3#sha256:} " >"$images.new"; mv "$images.new" "$images" ;;
esac
)sh";

class Machine {
 public:
  Machine() {
    put("bin/podman", kPodman);
    ::chmod((directory_.path() + "/bin/podman").c_str(), 0755);
    generation("run/current-system", "# Generated\nhomelab 1000 app:2\nroot 0 web:1\n");
    generation("nix/var/nix/profiles/system-7-link", "homelab 1000 app:1\n");
    put("images.1000", "a1 app:1\na2 app:2\na0 app:0\nd0 <none>:<none>\nu0 tool:1 used\na2 app:latest\n");
    put("images.0", "w1 web:1\nw0 web:0\n");
    // What generations before these needed.
    put("var/lib/hwcsync/images/homelab", "a0 <none>\na0 app:0\nd0 <none>\nu0 tool:1\n");
    put("var/lib/hwcsync/images/root", "w0 web:0\n");
  }
  void put(const std::string& name, const std::string& text) const {
    const std::string path = directory_.path() + "/" + name;
    make_directories(path.substr(0, path.rfind('/')), 0755);
    std::ofstream(path) << text;
  }
  void generation(const std::string& system, const std::string& images) const {
    put(system + "/etc/hwcsync/images", images);
  }
  void remove(const std::string& name) const { std::filesystem::remove_all(directory_.path() + "/" + name); }
  [[nodiscard]] std::string text(const std::string& name) const {
    return read_file(directory_.path() + "/" + name);
  }
  [[nodiscard]] std::string path(const std::string& name) const { return directory_.path() + "/" + name; }
  [[nodiscard]] ProcessResult prune() const {
    put("calls", "");
    SystemProcessRunner runner;
    const std::string path = std::getenv("PATH");
    return runner.run(
        {.argv = {"/bin/sh", std::string(std::getenv("HWCSYNC_SOURCE_DIR")) + "/nix/podman-prune.sh"},
         .environment = {{"PATH", directory_.path() + "/bin:" + path},
                         {"LAB", directory_.path()},
                         {"HWCSYNC_ROOT", directory_.path()}}});
  }

 private:
  test::TemporaryDirectory directory_;
};

}  // namespace

TEST_CASE("images of every generation that can be gone back to stay, others go, of each user") {
  const Machine machine;
  const auto result = machine.prune();
  INFO(result.errors);
  CHECK(result.status.ok());
  CHECK(machine.text("images.1000") == "a1 app:1\na2 app:2\nu0 tool:1 used\na2 app:latest\n");
  CHECK(machine.text("images.0") == "w1 web:1\n");
  CHECK_THAT(result.errors, Catch::Matchers::Contains("removed app:0 of homelab"));
}

TEST_CASE("once its generation is gone, an image goes too") {
  const Machine machine;
  CHECK(machine.prune().status.ok());  // and remembers what there is
  machine.remove("nix/var/nix/profiles/system-7-link");
  CHECK(machine.prune().status.ok());
  CHECK(machine.text("images.1000") == "a2 app:2\nu0 tool:1 used\na2 app:latest\n");
}

TEST_CASE("what no generation ever needed is somebody's own and stays") {
  const Machine machine;
  machine.put(
      "images.1000",
      "a1 app:1\na1 backup:1\na2 docker.io/library/app:2\na3 app:latest\nm1 mine:1\nm2 <none>:<none>\n"
      "b1 localhost/hwcsync/one-web:123\n");
  const std::string own =
      "a1 backup:1\na2 docker.io/library/app:2\na3 app:latest\nm1 mine:1\nm2 <none>:<none>\n";
  CHECK(machine.prune().status.ok());
  CHECK(machine.text("images.1000") == "a1 app:1\n" + own);
  machine.remove("nix/var/nix/profiles/system-7-link");
  CHECK(machine.prune().status.ok());
  CHECK(machine.text("images.1000") == own);
}

TEST_CASE("an image whose name went to the next one is still known") {
  const Machine machine;
  CHECK(machine.prune().status.ok());
  machine.remove("nix/var/nix/profiles/system-7-link");
  machine.put("images.1000", "a1 <none>:<none>\na2 <none>:<none>\na3 app:2\n");
  CHECK(machine.prune().status.ok());
  CHECK(machine.text("images.1000") == "a3 app:2\n");
  CHECK(machine.text("var/lib/hwcsync/images/homelab") == "a1 <none>\na2 <none>\na3 <none>\na3 app:2\n");
}

TEST_CASE("what cannot be remembered is not removed") {
  const Machine machine;
  machine.remove("var/lib/hwcsync/images");
  machine.put("var/lib/hwcsync/images", "a file");
  const auto result = machine.prune();
  CHECK(result.status.value == 1);
  CHECK_THAT(result.errors, Catch::Matchers::Contains("cannot write"));
  CHECK(machine.text("images.0") == "w1 web:1\nw0 web:0\n");
}

TEST_CASE("containers, volumes and networks are not touched, and nothing is forced") {
  const Machine machine;
  CHECK(machine.prune().status.ok());
  const auto calls = machine.text("calls");
  CHECK(calls.find("image rm") != std::string::npos);
  CHECK(calls.find("container") == std::string::npos);
  CHECK(calls.find("volume") == std::string::npos);
  CHECK(calls.find("network") == std::string::npos);
  CHECK(calls.find("system prune") == std::string::npos);
  CHECK(calls.find("image rm -f") == std::string::npos);
}

TEST_CASE("during a deployment nothing is removed") {
  const Machine machine;
  machine.put("run/hwcsync/apply.lock", "");
  const auto lock = FileLock::try_lock(machine.path("run/hwcsync/apply.lock"));
  REQUIRE(lock);
  const auto result = machine.prune();
  CHECK(result.status.ok());
  CHECK_THAT(result.errors, Catch::Matchers::Contains("a deployment is going on"));
  CHECK(machine.text("calls").empty());
}

TEST_CASE("what cannot be told is not removed") {
  const Machine machine;
  SECTION("the running system does not say what it needs") {
    machine.remove("run/current-system");
    CHECK(machine.prune().status.value == 1);
    CHECK(machine.text("calls").empty());
  }
  SECTION("one user's podman does not answer: the others are pruned all the same") {
    machine.remove("images.1000");
    const auto result = machine.prune();
    CHECK(result.status.value == 1);
    CHECK_THAT(result.errors, Catch::Matchers::Contains("podman of homelab does not answer"));
    CHECK(machine.text("images.0") == "w1 web:1\n");
  }
}
