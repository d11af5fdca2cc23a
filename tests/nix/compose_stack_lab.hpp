#pragma once

#include "src/base/atomic_file.hpp"
#include "src/base/fd.hpp"
#include "src/base/process.hpp"
#include "tests/support/temporary_directory.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <sys/stat.h>

// The start script, run by sh with stand-ins for podman and docker-compose that write down how they were
// called and play containers from a file.
namespace hwcsync::test {

// Lines of the containers file: id service name state exit-code mount...
inline const char* const kPodman = R"sh(#!/bin/sh
echo "podman $*" >>"$LAB/calls"
[ "$1" = --url ] && shift 2
case $1 in
  version) [ -e "$LAB/no-podman" ] || [ -e "$LAB/socket-failed" ] && exit 125; exit 0 ;;
  ps)
    service=
    states=
    for word in "$@"; do
      case $word in
        label=com.docker.compose.service=*) service=${word##*=} ;;
        health=*) [ -e "$LAB/not-healthy" ] && cat "$LAB/not-healthy"; exit 0 ;;
        status=*) states="$states ${word#status=}" ;;
      esac
    done
    while read -r id of name state code mount; do
      [ -z "$service" ] || [ "$service" = "$of" ] || continue
      case $* in *' -a'*|ps\ -a*) ;; *) [ "$state" = running ] || continue ;; esac
      if [ -n "$states" ]; then case " $states " in *" $state "*) ;; *) continue ;; esac; fi
      case $* in *'{{.StartedAt}}'*)
        [ ! -e "$LAB/ps-fails" ] || exit 125
        pid=1$id
        [ ! -e "$LAB/pid/$id" ] || pid=$(cat "$LAB/pid/$id")
        echo "$id:$pid $(cat "$LAB/started/$id")"; continue ;;
      esac
      case $* in *' -q'*|*' -aq'*) echo "$id" ;; *) echo "$name $state $code" ;; esac
    done <"$LAB/containers"
    ;;
  container) while read -r id of name state code mount; do [ "$id" = "$5" ] && echo "$mount"; done <"$LAB/containers"; exit 0 ;;
  pod) [ -e "$LAB/pod" ] || exit 1; [ "$2" = exists ] || rm "$LAB/pod"; exit 0 ;;
  rm)
    shift
    for id in "$@"; do sed -i "/^$id /d" "$LAB/containers"; done
    ;;
  stop)
    shift
    for id in "$@"; do sed -i "s/^\($id .*\) running 0/\1 exited 0/" "$LAB/containers"; done
    ;;
  login) cat >"$LAB/password" ;;
  image) [ -e "$LAB/images" ] && grep -qx "$3" "$LAB/images" ;;
  info) cat "$LAB/storage" ;;
  logs) echo "last words of $4" ;;
  network) [ "$2" = ls ] && echo net1; exit 0 ;;
esac
)sh";

inline const char* const kProvider = R"sh(#!/bin/sh
echo "docker-compose $*" >>"$LAB/calls"
[ -e "$LAB/hang" ] && exec sleep 60
case " $* " in
  *" config --services "*) cat "$LAB/services" ;;
  *" config --images "*) printf 'ghcr.io/me/app:1\nghcr.io/me/here:1\n' ;;
  *" restart "* | *" --force-recreate "*)
    [ -e "$LAB/idle" ] && { rm "$LAB/idle"; exit 0; }
    while read -r id of rest; do
      case " $* " in *" $of "*) mkdir -p "$LAB/pid"; echo 7 >"$LAB/pid/$id"; echo 1790009999 >"$LAB/started/$id" ;; esac
      [ -e "$LAB/one-only" ] && { rm "$LAB/one-only"; exit 17; }
    done <"$LAB/containers" ;;
  *" up "*) [ -e "$LAB/after-up" ] && [ ! -e "$LAB/up-fails" ] && cp "$LAB/after-up" "$LAB/containers" ;;
esac
if [ -e "$LAB/up-fails" ]; then rm "$LAB/up-fails"; exit 17; fi
exit 0
)sh";

// Two timers of health checks: one of a container that is there, one of a container that is not.
inline const char* const kSystemctl = R"sh(#!/bin/sh
echo "systemctl $*" >>"$LAB/calls"
case "$2 $3 $4" in
  "restart podman.service "*) [ ! -e "$LAB/storage-then" ] || mv "$LAB/storage-then" "$LAB/storage" ;;
  "restart podman.socket "*) [ -e "$LAB/mended" ] && rm "$LAB/socket-failed" ;;
  "is-failed --quiet podman.socket") [ -e "$LAB/socket-failed" ]; exit ;;
esac
[ "$2" = list-units ] && [ -e "$LAB/timers" ] && cat "$LAB/timers"
exit 0
)sh";

class Lab {
 public:
  Lab() {
    program("podman", kPodman);
    program("docker-compose", kProvider);
    program("systemctl", kSystemctl);
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
  void append(const std::string& name, const std::string& text) const {
    std::ofstream(directory_.path() + "/" + name, std::ios::app) << text;
  }
  void remove(const std::string& name) const { std::filesystem::remove_all(directory_.path() + "/" + name); }
  [[nodiscard]] std::string calls() const { return read("calls"); }
  [[nodiscard]] std::string containers() const { return read("containers"); }
  [[nodiscard]] std::string root() const { return directory_.path(); }

  // `path` stands in for everything that is installed here.
  [[nodiscard]] ProcessResult run(const std::string& verb, const std::string& stack = "web",
                                  const std::string& path = std::getenv("PATH")) const {
    remove("calls");
    put("calls", "");
    return start(verb, stack, path);
  }
  [[nodiscard]] ProcessResult start(const std::string& verb, const std::string& stack,
                                    const std::string& path = std::getenv("PATH")) const {
    SystemProcessRunner runner;
    return runner.run(
        {.argv = {"/bin/sh", std::string(std::getenv("HWCSYNC_SOURCE_DIR")) + "/nix/compose-stack.sh", verb,
                  stack},
         .environment = {{"PATH", directory_.path() + "/bin:" + path},
                         {"LAB", directory_.path()},
                         {"HWCSYNC_ROOT", directory_.path()},
                         {"HWCSYNC_SETTLE", "0"},
                         {"HWCSYNC_PODMAN_WAIT", "0"},
                         {"CONTAINERS_STORAGE_CONF", storage_conf},
                         {"CONTAINER_HOST", "unix:///run/user/1000/podman/podman.sock"},
                         {"XDG_RUNTIME_DIR", directory_.path() + "/run"}}});
  }

  std::string storage_conf;  // CONTAINERS_STORAGE_CONF

 private:
  [[nodiscard]] std::string read(const std::string& name) const {
    return read_file(directory_.path() + "/" + name);
  }
  void program(const std::string& name, const std::string& text) const {
    put("bin/" + name, text);
    ::chmod((directory_.path() + "/bin/" + name).c_str(), 0755);
  }

  TemporaryDirectory directory_;
};

}  // namespace hwcsync::test
