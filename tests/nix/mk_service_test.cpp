// Each argument of mkService, one by one, in the lab's module evaluator: what it changes of the unit, of the
// stack's directory and of the host, compared with a stack that does not pass it. Needs nix-instantiate.
#include "src/base/fd.hpp"
#include "src/base/json.hpp"
#include "src/base/process.hpp"
#include "src/base/text.hpp"
#include "tests/nix/need_nix.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_directory.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

using namespace hwcsync;

namespace {

const test::NeedNix kNeedNix;

std::string source_directory() {
  return std::getenv("HWCSYNC_SOURCE_DIR");
}
std::string hand_written() {
  return source_directory() + "/tests/nix/hand-written";
}

// Evaluates a Nix expression in which `evaluate MODULES UNITS` gives what the lab makes of modules.
Json nix(const std::string& expression) {
  const test::TemporaryDirectory directory;
  const std::string file = directory.path() + "/case.nix";
  std::ofstream(file) << "let\n"
                         "  root = " +
                             source_directory() +
                             ";\n"
                             "  library = import (root + \"/nix/mk-service.nix\");\n"
                             "  evaluate = modules: units: import (root + \"/lab/nix/eval.nix\") {\n"
                             "    inherit units;\n"
                             "    modules = [ (root + \"/tests/nix/hand-written/host.nix\") ] ++ modules;\n"
                             "    attrs = if units then [ \"environment.etc\" \"networking.firewall\" "
                             "\"systemd.tmpfiles.rules\" \"homelab\" ] else [ ];\n"
                             "  };\n"
                             "in\n" +
                             expression;
  SystemProcessRunner runner;
  const auto result = runner.run({.argv = {"nix-instantiate", "--store", directory.path() + "/store",
                                           "--eval", "--read-write-mode", "--strict", "--json", file},
                                  .environment = minimal_environment()});
  INFO(result.errors);
  REQUIRE(result.status.ok());
  return Json::parse(result.output);
}

// All that a host gets of a stack, a fact a line.
std::set<std::string> facts(const Json& evaluated, const std::string& unit = "web-stack") {
  std::set<std::string> out;
  const Json& config = evaluated.at("config");
  for (const auto& line : split(evaluated.at("units").at(unit + ".service").get<std::string>(), '\n')) {
    const bool trigger = line.rfind("X-Reload-Triggers=", 0) == 0;
    if (!line.empty() && line.front() != '[')
      out.insert("unit: " + (trigger ? "X-Reload-Triggers=..." : line));
    if (trigger) out.insert("content " + line.substr(line.rfind('/')));
  }
  const std::string place = "hwcsync/";
  for (const auto& [name, entry] : config.at("environment.etc").items()) {
    if (name.rfind(place, 0) != 0) continue;
    if (!entry.at("text").is_string()) {
      out.insert("etc " + name.substr(place.size()));
      continue;
    }
    for (const auto& line : split(entry.at("text").get<std::string>(), '\n')) {
      const bool ours =
          line == "set -e" || line == "n=0" || line.rfind("n=$((", 0) == 0 || line.rfind("trap ", 0) == 0;
      if (!line.empty() && !ours) out.insert(name.substr(name.rfind('/') + 1) + ": " + line);
    }
  }
  const Json& firewall = config.at("networking.firewall");
  for (const auto& port : firewall.at("allowedTCPPorts")) out.insert("tcp " + port.dump());
  for (const auto& port : firewall.at("allowedUDPPorts")) out.insert("udp " + port.dump());
  for (const auto& rule : config.at("systemd.tmpfiles.rules"))
    out.insert("tmpfiles " + rule.get<std::string>());
  const Json& homelab = config.at("homelab");
  for (const auto& one : homelab.at("localProxy").at("hosts")) out.insert("proxy " + one.dump());
  for (const auto& one : homelab.at("monitoring").at("monitors")) out.insert("monitor " + one.dump());
  for (const auto& one : homelab.at("loki").at("extraScrapeTargets")) out.insert("scrape " + one.dump());
  for (const auto& warning : evaluated.at("warnings")) out.insert("warning " + warning.get<std::string>());
  return out;
}

// "+ fact" and "- fact"; that the content hash moved is one word.
std::vector<std::string> difference(const std::set<std::string>& before, const std::set<std::string>& after) {
  std::vector<std::string> out;
  bool reload = false;
  const auto put = [&](const char* sign, const std::string& fact) {
    if (fact.rfind("content ", 0) == 0) {
      reload = true;
    } else {
      out.push_back(sign + fact);
    }
  };
  for (const auto& fact : before) {
    if (after.count(fact) == 0) put("- ", fact);
  }
  for (const auto& fact : after) {
    if (before.count(fact) == 0) put("+ ", fact);
  }
  if (reload) out.emplace_back("content");
  std::sort(out.begin(), out.end());
  return out;
}

std::vector<std::string> sorted(std::vector<std::string> lines) {
  std::sort(lines.begin(), lines.end());
  return lines;
}

struct Case {
  std::string arguments;
  std::vector<std::string> changes;
};

// clang-format off
const std::vector<Case>& cases() {
  static const std::vector<Case> out{
    {"stackName = \"site-stack\"; stack = \"web\";", {"content"}},  // the file of the trigger is named after the unit
    {"description = \"100% ours\";", {"- unit: Description=Web", "+ unit: Description=100%% ours"}},
    {"projectName = \"site\";", {"- unit: Environment=\"COMPOSE_PROJECT_NAME=web\"", "- unit.conf: pod=pod_web", "- unit.conf: project=web",
                                 "+ unit: Environment=\"COMPOSE_PROJECT_NAME=site\"", "+ unit.conf: pod=pod_site", "+ unit.conf: project=site", "content"}},
    {"composeFile = here + \"/films/docker-compose.yml\";", {"content"}},
    {"extraComposeFiles = [ (here + \"/films/override.yml\") ];", {"+ etc stacks/web/compose.1.yaml", "+ unit.conf: compose-file=compose.1.yaml", "content"}},
    {"user = \"media\";", {"- unit: After=network-online.target user@1000.service", "- unit: Environment=\"CONTAINER_HOST=unix:///run/user/1000/podman/podman.sock\"",
                           "- unit: Environment=\"DOCKER_HOST=unix:///run/user/1000/podman/podman.sock\"", "- unit: Environment=\"HOME=/home/homelab\"",
                           "- unit: Environment=\"XDG_RUNTIME_DIR=/run/user/1000\"", "- unit: User=homelab", "- unit: Wants=network-online.target user@1000.service",
                           "+ unit: After=network-online.target user@1500.service", "+ unit: Environment=\"CONTAINER_HOST=unix:///run/user/1500/podman/podman.sock\"",
                           "+ unit: Environment=\"DOCKER_HOST=unix:///run/user/1500/podman/podman.sock\"", "+ unit: Environment=\"HOME=/home/media\"",
                           "+ unit: Environment=\"XDG_RUNTIME_DIR=/run/user/1500\"", "+ unit: User=media", "+ unit: Wants=network-online.target user@1500.service"}},
    {"home = \"/srv/50%\";", {"- unit: Environment=\"HOME=/home/homelab\"", "+ unit: Environment=\"HOME=/srv/50%%\""}},
    {"assets = { Caddyfile = here + \"/photos/Caddyfile\"; };", {"+ etc stacks/web/assets/Caddyfile", "content"}},
    {"trees = { site = here + \"/photos\"; };", {"+ etc stacks/web/trees/site", "content"}},
    {"contexts = { app = here + \"/photos\"; };", {"+ etc stacks/web/contexts/app"}},
    {"storageConf = \"/etc/x.conf\";", {"+ unit: Environment=\"CONTAINERS_STORAGE_CONF=/etc/x.conf\""}},
    {"buildCommands = [ \"make image\" ];", {"+ build.sh: make image", "+ unit: TimeoutStartSec=2310", "- unit: TimeoutStartSec=510", "content"}},
    {"services = [ \"app\" ]; oneshots = [ \"migrate\" ];", {"+ unit.conf: oneshot=migrate", "+ unit.conf: service=app", "content"}},
    {"envFiles = [ { sopsFile = here + \"/secrets/photos.env\"; runFile = \"/run/user/%U/secrets/web-stack.env\"; } \"/srv/more.env\" ];",
     {"- unit: After=network-online.target user@1000.service", "- unit: Wants=network-online.target user@1000.service",
      "+ unit: After=network-online.target user@1000.service hwcsync-view@1000.service", "+ unit: Wants=network-online.target user@1000.service hwcsync-view@1000.service",
      "+ unit.conf: env-file=/run/user/1000/secrets/web-stack.env", "+ unit.conf: env-file=/srv/more.env", "content"}},
    {"envFiles = [ \"/srv/plain.env\" ];", {"+ unit.conf: env-file=/srv/plain.env", "content"}},  // not of the view: nothing to wait for
    {"secretFiles = [ \"/run/user/1000/secrets/web/key\" ];",
     {"- unit: After=network-online.target user@1000.service", "- unit: Wants=network-online.target user@1000.service",
      "+ unit: After=network-online.target user@1000.service hwcsync-view@1000.service", "+ unit: Wants=network-online.target user@1000.service hwcsync-view@1000.service",
      "+ unit.conf: file=/run/user/1000/secrets/web/key", "content"}},
    // In the stack's directory, not in the unit: as written, for no layer reads % or $ in it.
    {"extraEnv = [ \"PRICE=50% of $5 'x'\" ];", {"+ unit.conf: env=PRICE=50% of $5 'x'", "content"}},
    {"extraEnv = { PRICE = 5; };", {"+ unit.conf: env=PRICE=5", "content"}},
    {"dataRoot = null;", {"- unit: RequiresMountsFor=/mnt/docker", "- unit.conf: env=DATA_ROOT=/mnt/docker", "content"}},
    {"preStart = [ \"+/bin/mkdir -p /srv/%U\" \"-/bin/date +%%s\" \"/bin/sh -c 'for x in 1 2; do\\n echo $$x; done'\" ];",
     {
      "+ prepare.sh:  echo $x; done'", "+ prepare.sh: /bin/date +%s || :", "+ prepare.sh: /bin/mkdir -p /srv/1000", "+ prepare.sh: /bin/sh -c 'for x in 1 2; do",
      "+ unit: ExecReload=+/etc/hwcsync/bin/compose-stack prepare web",  
      "+ unit: ExecStartPre=+/etc/hwcsync/bin/compose-stack prepare web", "content"}},
    {"prepareCommands = [ \"date +%s\" ];", {"+ before.sh: date +%s", "content"}},
    {"prepareCommands = [ \"echo $A\" ]; prepareVariables = { A = \"it's 50%\"; };", {"+ before.sh: echo $A", "+ before.sh: export A='it'\\''s 50%'", "content"}},
    {"postStart = [ \"/bin/true\" ];", {"+ after.sh: /bin/true", "content"}},
    {"tmpfiles = [ \"d /srv/web 0755 - - -\" ];", {"+ tmpfiles d /srv/web 0755 - - -"}},
    {"requiresMounts = [ \"/mnt/my 50%\" ];", {"+ unit: RequiresMountsFor=\"/mnt/my 50%%\""}},
    {"after = [ \"mnt-data.mount\" \"podman-system-service.service\" ];", {"- unit: After=network-online.target user@1000.service", "+ unit: After=network-online.target user@1000.service mnt-data.mount"}},
    {"wants = [ \"mnt-mum.automount\" ];", {"- unit: Wants=network-online.target user@1000.service", "+ unit: Wants=network-online.target user@1000.service mnt-mum.automount"}},
    {"requires = [ \"db-stack.service\" ];", {"+ unit: Requires=db-stack.service"}},
    {"restart = \"no\";", {"- unit: Restart=on-failure", "+ unit: Restart=no"}},
    {"restartSec = \"1min\";", {"- unit: RestartSec=30s", "+ unit: RestartSec=1min"}},
    {"startLimitIntervalSec = 60;", {"- unit: StartLimitIntervalSec=300", "+ unit: StartLimitIntervalSec=60"}},
    {"startLimitBurst = 2;", {"- unit: StartLimitBurst=5", "+ unit: StartLimitBurst=2"}},
    {"startupTimeoutSeconds = 600;", {"- unit: TimeoutStartSec=510", "- unit.conf: limit=300", "+ unit: TimeoutStartSec=810", "+ unit.conf: limit=600", "content"}},
    {"startTimeout = 60;", {"- unit: TimeoutStartSec=510", "- unit.conf: limit=300", "+ unit: TimeoutStartSec=270", "+ unit.conf: limit=60", "content"}},
    {"stopTimeout = 30;", {"- unit: TimeoutStopSec=120", "+ unit: TimeoutStopSec=30"}},
    {"healthCheckTimeout = 240;", {"+ unit.conf: stale-after=240", "content"}},
    {"restartTriggers = [ \"something\" ];", {"content"}},
    {"prunePod = false;", {"- unit.conf: pod=pod_web", "content"}},
    {"composeArgs = \"--in-pod false --project-name web --profile gpu\";", {"+ unit.conf: profile=gpu", "content"}},
    {"registryLogin = { registry = \"ghcr.io\"; username = \"me\"; passwordFile = \"/srv/token\"; };", {"+ unit.conf: login=ghcr.io me /srv/token", "content"}},
    {"firewallPorts = [ 80 443 ];", {"+ tcp 443", "+ tcp 80"}},
    {"firewallUDPPorts = [ 53 ];", {"+ udp 53"}},
    {"stackHosts = [ { host = \"a.example.net\"; port = 80; } ];", {"+ proxy {\"host\":\"a.example.net\",\"port\":80}"}},
    {"stackMonitors = [ { name = \"A\"; } ];", {"+ monitor {\"name\":\"A\"}"}},
    {"scrapeTargets = [ { job = \"a\"; } ];", {"+ scrape {\"job\":\"a\"}"}},
    {"verifyTimeoutSeconds = 60;", {"+ warning hwcsync: mkService for web-stack: verifyTimeoutSeconds does nothing: a start is judged by its containers, and hwcsync verifies after the switch"}},
    {"contentHash = \"abc\";", {"- etc bin/compose-stack", "- unit: RequiresMountsFor=/mnt/docker", "- unit.conf: env=DATA_ROOT=/mnt/docker", "- unit.conf: pod=pod_web", "content"}},
  };
  return out;
}

struct Refusal { std::string arguments; std::string words; };
const std::vector<Refusal>& refusals() {
  static const std::vector<Refusal> out{
    {"stackName = \"web-stack.service\";", "stackName: 'web-stack.service' is no name for a unit"},
    {"projectName = \"My Web\";", "projectName: 'My Web' is no project name"},
    {"stack = \"../etc\";", "stack: '../etc' cannot be a directory's name"},
    {"uid = 1001;", "stack web is for uid 1001"},
    {"envFiles = [ { sopsFile = /nonexistent; runFile = \"/x\"; } ];", "envFiles: there is no file /nonexistent"},
    {"envFiles = [ { } ];", "envFiles: a path is expected"},
    {"envFiles = [ \"web.env\" ];", "envFiles: 'web.env' is no absolute path"},
    {"extraEnv = [ \"no value\" ];", "extraEnv: 'no value' is not NAME=value on one line"},
    {"preStart = [ \"@/bin/true true\" ];", "preStart: '@/bin/true true'"},
    {"preStart = \"true\";", "preStart: a list of texts is expected"},
    {"requiresMounts = [ \"mnt\" ];", "requiresMounts: 'mnt' is no absolute path"},
    {"requiresMounts = [ \"/mnt/far-away\" ]; wants = [ \"mnt-far\\\\x2daway.automount\" ];", "requiresMounts: '/mnt/far-away' is mounted on demand"},
    {"after = [ \"network-online\" ];", "after: 'network-online' is no name of a unit"},
    {"restart = \"always\";", "restart: 'always' is none of"},
    {"startTimeout = 0;", "startTimeout: a whole number of seconds"},
    {"firewallPorts = [ 70000 \"80\" ];", "firewallPorts: 70000 is no port (1 to 65535)"},
    {"firewallUDPPorts = [ 0 ];", "firewallUDPPorts: 0 is no port"},
    {"composeArgs = \"--compatibility\";", "composeArgs: '--compatibility' is not passed on"},
    {"composeArgs = \"-p other\";", "composeArgs: the project is 'web'"},
  };
  return out;
}
// clang-format on

// A list of evaluations, one a set of arguments, in one process.
Json evaluate_all(const std::vector<std::string>& arguments, bool units) {
  std::string list;
  for (const auto& one : arguments) list += "  { " + one + " }\n";
  return nix(
      "let\n"
      "  here = root + \"/tests/nix/hand-written\";\n"
      "  base = { stackName = \"web-stack\"; description = \"Web\"; projectName = \"web\";\n"
      "    composeFile = here + \"/photos/docker-compose.yml\"; };\n"
      "  media = { users.users.media = { isNormalUser = true; uid = 1500; }; };\n"
      "in map (arguments: evaluate [ media ({ config, lib, pkgs, ... }:\n"
      "  (library { inherit config lib pkgs; }).mkService (base // arguments)) ] " +
      std::string(units ? "true" : "false") + ") [\n" + list + "]\n");
}

}  // namespace

TEST_CASE("each argument of mkService changes what it is for, and nothing else") {
  std::vector<std::string> arguments{""};
  for (const auto& one : cases()) arguments.push_back(one.arguments);
  const Json all = evaluate_all(arguments, true);
  const auto base = facts(all[0]);
  CHECK(all[0].at("failedAssertions").empty());
  for (std::size_t i = 0; i < cases().size(); ++i) {
    INFO(cases()[i].arguments);
    const Json& evaluated = all[i + 1];
    CHECK(evaluated.at("failedAssertions").empty());
    const bool renamed = !evaluated.at("units").contains("web-stack.service");
    CHECK(difference(base, facts(evaluated, renamed ? "site-stack" : "web-stack")) ==
          sorted(cases()[i].changes));
    CHECK(renamed == (i == 0));
  }
}

TEST_CASE("what mkService cannot take it refuses with the argument's name") {
  std::vector<std::string> arguments;
  for (const auto& one : refusals()) arguments.push_back(one.arguments);
  const Json all = evaluate_all(arguments, false);
  for (std::size_t i = 0; i < refusals().size(); ++i) {
    INFO(refusals()[i].arguments);
    CHECK_THAT(all[i].at("failedAssertions").dump(), Catch::Matchers::Contains(refusals()[i].words));
  }
}

TEST_CASE("every argument of mkService has a case") {
  const Json names =
      nix("builtins.attrNames (builtins.functionArgs (library { config = { }; lib = { }; }).mkService)");
  std::string tried;
  for (const auto& one : cases()) tried += " " + one.arguments;
  for (const auto& one : refusals()) tried += " " + one.arguments;
  for (const auto& name : names) {
    INFO(name);
    CHECK(tried.find(" " + name.get<std::string>() + " = ") != std::string::npos);
  }
  CHECK(names.size() >= 25);
}

TEST_CASE("hand-written modules evaluate with only their import changed") {
  const test::TemporaryDirectory directory;
  std::string modules;
  for (const std::string name : {"photos", "films"}) {
    std::string text = read_file(hand_written() + "/" + name + "/docker-compose.nix");
    const std::string import = "import ../lib/podman-compose.nix";
    const auto at = text.find(import);
    REQUIRE(at != std::string::npos);
    text.replace(at, import.size(), "import " + source_directory() + "/nix/mk-service.nix");
    // Its other files are named by paths relative to it.
    for (const std::string file : {"docker-compose.yml", "override.yml", "Caddyfile"}) {
      for (auto found = text.find("./" + file); found != std::string::npos; found = text.find("./" + file))
        text.replace(found, 2, hand_written() + "/" + name + "/");
    }
    std::ofstream(directory.path() + "/" + name + ".nix") << text;
    modules += " " + directory.path() + "/" + name + ".nix";
  }
  const Json out = nix("evaluate [" + modules + " ] true");
  CHECK(out.at("failedAssertions").empty());
  const auto photos = facts(out, "photos-stack");
  for (const char* fact :
       {"unit: ExecStart=/etc/hwcsync/bin/compose-stack up photos", "unit: User=homelab",
        "unit: ExecStartPre=+/etc/hwcsync/bin/compose-stack prepare photos",
        "unit: After=network-online.target user@1000.service hwcsync-view@1000.service network-online.target "
        "mnt-data.mount",
        "unit: RequiresMountsFor=/mnt/data", "unit: RequiresMountsFor=/mnt/docker",
        "unit: Requires=mnt-data.mount", "unit.conf: env-file=/run/user/1000/secrets/photos-stack.env",
        "unit.conf: env=DATA_ROOT=/mnt/docker",
        "prepare.sh: /run/current-system/sw/bin/chown -R 1000:1000 /mnt/docker/photos", "tcp 2283"}) {
    INFO(fact);
    CHECK(photos.count(fact) == 1);
  }
  // Nothing of the stack's content stands in the unit.
  for (const auto& fact : photos)
    CHECK((fact.rfind("unit: ", 0) != 0 || fact.find("/nix/store") == std::string::npos));
  const auto films = facts(out, "films-stack");
  for (const char* fact :
       {"unit: Restart=no", "unit: TimeoutStartSec=810", "unit.conf: compose-file=compose.1.yaml",
        "unit.conf: stale-after=120", "after.sh: /run/current-system/sw/bin/podman ps || true", "tcp 7007",
        "udp 1900", "proxy {\"host\":\"films.example.net\",\"port\":8096}",
        "monitor {\"name\":\"Films\",\"url\":\"https://films.example.net/\"}",
        "tmpfiles d /mnt/docker/films 0750 homelab users -"}) {
    INFO(fact);
    CHECK(films.count(fact) == 1);
  }
}
