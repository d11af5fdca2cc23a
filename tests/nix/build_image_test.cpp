// The script that makes an image, run by sh with a podman that writes down what it is asked and what it sees.
#include "src/base/atomic_file.hpp"
#include "src/base/fd.hpp"
#include "src/base/process.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_directory.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <sys/stat.h>

using namespace hwcsync;
using Catch::Matchers::Contains;

namespace {

const char* const kPodman = R"sh(#!/bin/sh
echo "podman $*" >>"$LAB/calls"
[ "$1" != --url ] || shift 2
case "$1 $2" in
  "image exists") exit "$(cat "$LAB/exists")" ;;
  "build "*) find . -type f -printf '%p %m\n' | sort >"$LAB/seen"; pwd >"$LAB/where"; exit "$(cat "$LAB/built")" ;;
esac
)sh";

class Machine {
 public:
  Machine() {
    put("bin/podman", kPodman);
    ::chmod((directory_.path() + "/bin/podman").c_str(), 0755);
    put("context/Dockerfile", "FROM x\n");
    put("context/sub/run.sh", "#!/bin/sh\n");
    ::chmod(path("context/Dockerfile").c_str(), 0444);
    ::chmod(path("context/sub/run.sh").c_str(), 0555);
    make_directories(path("tmp"), 0700);
    put("built", "0");
  }
  void put(const std::string& name, const std::string& text) const {
    make_directories(path(name.substr(0, name.rfind('/') + 1)), 0755);
    std::ofstream(path(name)) << text;
  }
  [[nodiscard]] std::string path(const std::string& name) const { return directory_.path() + "/" + name; }
  [[nodiscard]] std::string text(const std::string& name) const { return read_file(path(name)); }
  // `exists`: what podman says of the image.
  [[nodiscard]] ProcessResult build(const std::string& exists, const std::string& host = "") const {
    put("exists", exists);
    put("calls", "");
    SystemProcessRunner runner;
    Command command{
        .argv = {"/bin/sh", std::string(std::getenv("HWCSYNC_SOURCE_DIR")) + "/nix/build-image.sh",
                 "localhost/hwcsync/s-web:1", path("context"), "--file=Dockerfile",
                 "--build-arg=A=two words"},
        .environment = {{"PATH", std::getenv("PATH")},
                        {"LAB", directory_.path()},
                        {"TMPDIR", path("tmp")},
                        {"HWCSYNC_PODMAN", path("bin/podman")}}};
    if (!host.empty()) command.environment["CONTAINER_HOST"] = host;
    return runner.run(command);
  }

 private:
  test::TemporaryDirectory directory_;
};

}  // namespace

TEST_CASE("an image that is there is not built again") {
  const Machine machine;
  CHECK(machine.build("0").status.ok());
  CHECK(machine.text("calls") == "podman image exists localhost/hwcsync/s-web:1\n");
}

TEST_CASE("a missing image is built from a copy that can be written to, which is gone afterwards") {
  const Machine machine;
  const auto result = machine.build("1");
  INFO(result.errors);
  CHECK(result.status.ok());
  CHECK_THAT(
      machine.text("calls"),
      Contains("podman build --tag localhost/hwcsync/s-web:1 --file=Dockerfile --build-arg=A=two words .\n"));
  CHECK(machine.text("seen") == "./Dockerfile 644\n./sub/run.sh 755\n");
  CHECK_THAT(machine.text("where"), Catch::Matchers::StartsWith(machine.path("tmp") + "/hwcsync-build-"));
  CHECK(std::filesystem::is_empty(machine.path("tmp")));
}

TEST_CASE("a user's image is made by the podman that listens at its socket") {
  const Machine machine;
  CHECK(machine.build("1", "unix:///run/user/1000/podman/podman.sock").status.ok());
  const std::string url = "podman --url unix:///run/user/1000/podman/podman.sock ";
  CHECK_THAT(machine.text("calls"), Contains(url + "image exists") && Contains(url + "build --tag"));
}

TEST_CASE("a build that fails, and a podman that does not answer, are told apart") {
  const Machine machine;
  machine.put("built", "7");
  const auto failed = machine.build("1");
  CHECK(failed.status.value == 1);
  CHECK_THAT(failed.errors, Contains("cannot build localhost/hwcsync/s-web:1 (exit status 7)"));
  CHECK(std::filesystem::is_empty(machine.path("tmp")));
  const auto mute = machine.build("125");
  CHECK(mute.status.value == 69);
  CHECK(machine.text("calls").find("build --tag") == std::string::npos);
}
