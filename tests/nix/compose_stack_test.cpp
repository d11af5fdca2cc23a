// The start script, run by sh with stand-ins for podman and docker-compose that write down how they were
// called and play containers from a file.
#include "src/base/atomic_file.hpp"
#include "src/base/fd.hpp"
#include "src/base/process.hpp"
#include "src/base/text.hpp"
#include "tests/nix/contains.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_directory.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <sys/stat.h>

using namespace hwcsync;

namespace {

// Lines of the containers file: id service name state exit-code mount...
const char* const kPodman = R"sh(#!/bin/sh
echo "podman $*" >>"$LAB/calls"
[ "$1" = --url ] && shift 2
case $1 in
  version) [ -e "$LAB/no-podman" ] && exit 125; exit 0 ;;
  ps)
    service=
    states=
    for word in "$@"; do
      case $word in
        label=com.docker.compose.service=*) service=${word##*=} ;;
        status=*) states="$states ${word#status=}" ;;
      esac
    done
    while read -r id of name state code mount; do
      [ -z "$service" ] || [ "$service" = "$of" ] || continue
      case $* in *' -a'*|ps\ -a*) ;; *) [ "$state" = running ] || continue ;; esac
      if [ -n "$states" ]; then case " $states " in *" $state "*) ;; *) continue ;; esac; fi
      case $* in *' -q'*|*' -aq'*) echo "$id" ;; *) echo "$name $state $code" ;; esac
    done <"$LAB/containers"
    ;;
  container) while read -r id of name state code mount; do [ "$id" = "$5" ] && echo "$mount"; done <"$LAB/containers"; exit 0 ;;
  rm)
    shift
    for id in "$@"; do sed -i "/^$id /d" "$LAB/containers"; done
    ;;
  stop)
    shift
    for id in "$@"; do sed -i "s/^\($id .*\) running 0/\1 exited 0/" "$LAB/containers"; done
    ;;
  logs) echo "last words of $4" ;;
  network) [ "$2" = ls ] && echo net1; exit 0 ;;
esac
)sh";

const char* const kProvider = R"sh(#!/bin/sh
echo "docker-compose $*" >>"$LAB/calls"
case " $* " in
  *" up "*) [ -e "$LAB/after-up" ] && [ ! -e "$LAB/up-fails" ] && cp "$LAB/after-up" "$LAB/containers" ;;
esac
if [ -e "$LAB/up-fails" ]; then rm "$LAB/up-fails"; exit 17; fi
exit 0
)sh";

class Lab {
 public:
  Lab() {
    program("podman", kPodman);
    program("docker-compose", kProvider);
    put("etc/hwcsync/stacks/web/compose.yaml", "services: {}\n");
    put("etc/hwcsync/stacks/web/unit.conf",
        "project=web\nenv-file=/view/web-stack.env\nenv-file=/view/more.env\nfile=/view/web/"
        "key\nservice=app\noneshot=migrate\n");
    put("view/web-stack.env", "A=1\n");
    put("view/more.env", "B=1\n");
    put("view/web/key", "k");
    put("containers", "");
    put("after-up", "1 app web-app-1 running 0\n2 migrate web-migrate-1 exited 0\n");
    put("run/.keep", "");
  }

  void put(const std::string& name, const std::string& text) const {
    const std::string path = directory_.path() + "/" + name;
    make_directories(path.substr(0, path.rfind('/')), 0755);
    std::ofstream(path) << text;
  }
  void remove(const std::string& name) const { std::filesystem::remove_all(directory_.path() + "/" + name); }
  [[nodiscard]] std::string calls() const { return read("calls"); }
  [[nodiscard]] std::string containers() const { return read("containers"); }
  [[nodiscard]] std::string root() const { return directory_.path(); }

  [[nodiscard]] ProcessResult run(const std::string& verb, const std::string& stack = "web") const {
    remove("calls");
    put("calls", "");
    SystemProcessRunner runner;
    const std::string path = std::getenv("PATH");
    return runner.run(
        {.argv = {"sh", std::string(std::getenv("HWCSYNC_SOURCE_DIR")) + "/nix/compose-stack.sh", verb,
                  stack},
         .environment = {{"PATH", directory_.path() + "/bin:" + path},
                         {"LAB", directory_.path()},
                         {"HWCSYNC_ROOT", directory_.path()},
                         {"HWCSYNC_SETTLE", "0"},
                         {"HWCSYNC_PODMAN_WAIT", "0"},
                         {"CONTAINER_HOST", "unix:///run/user/1000/podman/podman.sock"},
                         {"XDG_RUNTIME_DIR", directory_.path() + "/run"}}});
  }

 private:
  [[nodiscard]] std::string read(const std::string& name) const {
    return read_file(directory_.path() + "/" + name);
  }
  void program(const std::string& name, const std::string& text) const {
    put("bin/" + name, text);
    ::chmod((directory_.path() + "/bin/" + name).c_str(), 0755);
  }

  test::TemporaryDirectory directory_;
};

}  // namespace

TEST_CASE("up starts the stack with its files in order, never pulls, and puts no secret in an argument") {
  const Lab lab;
  const auto result = lab.run("up");
  INFO(result.errors);
  CHECK(result.status.ok());
  CHECK_THAT(lab.calls(),
             test::contains("docker-compose -f " + lab.root() +
                            "/etc/hwcsync/stacks/web/compose.yaml --env-file /view/web-stack.env "
                            "--env-file /view/more.env up -d --remove-orphans --pull never\n"));
  CHECK_THAT(lab.calls(), test::contains("podman --url unix:///run/user/1000/podman/podman.sock version"));
}

TEST_CASE("a missing secret fails closed, before anything is asked of podman") {
  const Lab lab;
  lab.remove("view/web/key");
  const auto result = lab.run("up");
  CHECK(result.status.value == 66);
  CHECK_THAT(result.errors, test::contains("/view/web/key"));
  CHECK_THAT(result.errors, test::contains("systemctl status hwcsync-secrets.service hwcsync-view@"));
  CHECK(lab.calls().empty());
}

TEST_CASE("a provider that says all is well is not believed") {
  const Lab lab;
  SECTION("a container has died") {
    lab.put("after-up", "1 app web-app-1 exited 1\n2 migrate web-migrate-1 exited 0\n");
    const auto result = lab.run("up");
    CHECK(result.status.value == 1);
    CHECK_THAT(result.errors, test::contains("service app: container web-app-1 is exited:1"));
    CHECK_THAT(result.errors, test::contains("    last words of"));
  }
  SECTION("a container was never made") {
    lab.put("after-up", "2 migrate web-migrate-1 exited 0\n");
    const auto result = lab.run("up");
    CHECK(result.status.value == 1);
    CHECK_THAT(result.errors, test::contains("service app has no container"));
  }
  SECTION("what runs once has failed") {
    lab.put("after-up", "1 app web-app-1 running 0\n2 migrate web-migrate-1 exited 3\n");
    CHECK(lab.run("reload").status.value == 1);
  }
}

TEST_CASE("leftovers in the way are removed and the start is tried again, but no anonymous volume is lost") {
  const Lab lab;
  const std::string anonymous = "volume:" + std::string(64, 'a');
  lab.put("containers", "7 app web-app-1 created 0 bind:\n8 db web-db-1 exited 0 " + anonymous +
                            "\n9 old web-old-1 exited 0 volume:named\n");
  lab.put("up-fails", "");
  CHECK(lab.run("up").status.ok());
  const auto calls = lab.calls();
  CHECK_THAT(calls, test::contains(" rm -f 7\n"));
  CHECK_THAT(calls, test::contains(" rm -f 9\n"));
  CHECK(calls.find(" rm -f 8\n") == std::string::npos);
}

TEST_CASE("without podman the start ends, and says so") {
  const Lab lab;
  lab.put("no-podman", "");
  const auto result = lab.run("up");
  CHECK(result.status.value == 69);
  CHECK_THAT(result.errors,
             test::contains("podman does not answer at unix:///run/user/1000/podman/podman.sock"));
}

TEST_CASE("stop keeps the containers, without needing secrets") {
  const Lab lab;
  lab.put("containers", "1 app web-app-1 running 0\n");
  lab.remove("view");
  CHECK(lab.run("stop").status.ok());
  CHECK(lab.containers() == "1 app web-app-1 exited 0\n");
  CHECK(lab.calls().find(" rm ") == std::string::npos);
}

TEST_CASE("a stack that is gone from /etc loses its containers and networks, and keeps its volumes") {
  const Lab lab;
  lab.put("containers", "1 app web-app-1 running 0\n");
  lab.remove("etc/hwcsync/stacks/web/compose.yaml");
  CHECK(lab.run("stop").status.ok());
  CHECK(lab.containers().empty());
  CHECK_THAT(lab.calls(), test::contains("network rm net1"));
  CHECK(lab.calls().find("volume") == std::string::npos);
}

TEST_CASE("a name that is no stack is refused") {
  const Lab lab;
  CHECK(lab.run("up", "../etc").status.value == 64);
  CHECK(lab.run("down").status.value == 64);
  CHECK(lab.run("up", "nothing").status.value == 66);
}
