// How the units of a stack of style oci hang together, and what their scripts do.
#include "gitops/nix/render.hpp"
#include "src/base/error.hpp"
#include "src/base/process.hpp"
#include "tests/nix/need_nix.hpp"
#include "tests/nix/oci_lab.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include <sys/stat.h>

using namespace hwcsync;

namespace {

const test::NeedNix kNeedNix;

using Words = std::vector<std::string>;
using Calls = std::vector<Words>;

std::string service(const std::string& name, const std::string& lines = "") {
  return "  " + name + ":\n    image: docker.io/library/" + name + ":1\n    container_name: " + name + "\n" +
         lines;
}

test::OciLab lab(const std::string& services, const std::string& rest = "",
                 const std::string& stack = "style: oci\n") {
  return test::OciLab(test::oci_state("services:\n" + services + rest, stack));
}

bool has(const Json& list, const std::string& word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

}  // namespace

TEST_CASE("a container waits for a healthy one for a bounded time that fits its healthcheck") {
  const auto out = lab(service("db",
                               "    healthcheck: { test: [CMD, a, b], interval: 60s, timeout: 10s, retries: "
                               "5, start_period: 2m }\n") +
                       service("app", "    depends_on: { db: { condition: service_healthy } }\n"));
  const auto words = out.argv("db");
  CHECK(std::count(words.begin(), words.end(), "--sdnotify=healthy") == 1);
  CHECK(out.unit("podman-db")["config"]["TimeoutStartSec"] == Json::array({"500"}));  // 120 + 5 * 70 + 30
  CHECK(has(out.unit("podman-app")["requires"], "podman-db.service"));
  CHECK(has(out.unit("podman-app")["after"], "podman-db.service"));
  // Healthy at the second try: the one that waits is started then.
  CHECK(out.unit("podman-db")["config"]["ExecStartPost"] ==
        Json::array({"-/etc/hwcsync/bin/oci-resource unit ready %n"}));
  CHECK(out.unit("podman-app")["config"]["TimeoutStartSec"] == Json::array({"120"}));
}

TEST_CASE("the stack's own health timeout ends the start of a container that others wait for") {
  const std::string services =
      service("db",
              "    healthcheck: { test: [CMD, a, b], interval: 2s, timeout: 2s, start_period: 30m }\n") +
      service("app", "    depends_on: { db: { condition: service_healthy } }\n");
  const auto limit = [&](const std::string& stack, const std::string& container) {
    return lab(services, "", stack).unit("podman-" + container)["config"]["TimeoutStartSec"];
  };
  const std::string said = "style: oci\nhealth: { timeout: 45s }\n";
  CHECK(limit(said, "db") == Json::array({"45"}));
  CHECK(limit(said, "app") == Json::array({"120"}));            // nobody waits for it: an image may be pulled
  CHECK(limit("style: oci\n", "db") == Json::array({"1842"}));  // 1800 + 3 * 4 + 30
}

TEST_CASE("a container that is ready starts the containers that require it, and nothing else") {
  const test::TemporaryDirectory directory;
  const std::string fake = directory.path() + "/systemctl";
  std::ofstream(fake)
      << "#!/bin/sh\nif [ \"$1\" = show ]; then echo \"$5\" >&2; echo \"$REQUIRED_BY\"; else echo "
         "\"$*\"; fi\n";
  REQUIRE(::chmod(fake.c_str(), 0755) == 0);
  const auto calls = [&](const std::string& required_by) {
    Command call{.argv = {"sh", "nix/oci-resource.sh", "unit", "ready", "podman-db.service"},
                 .environment = minimal_environment(),
                 .directory = std::getenv("HWCSYNC_SOURCE_DIR")};
    call.environment["HWCSYNC_SYSTEMCTL"] = fake;
    call.environment["REQUIRED_BY"] = required_by;
    const auto result = SystemProcessRunner().run(call);
    CHECK(result.status.ok());
    return result.output;
  };
  CHECK(calls("podman-app.service x.service podman-b.service") ==
        "start --no-block -- podman-app.service podman-b.service\n");
  CHECK(calls("").empty());
}

TEST_CASE("a service that others wait to end is a oneshot unit that runs its container once") {
  const auto out =
      lab(service("init", "    command: [\"it's\", \"$$x %\"]\n    environment: { A: \"b c\" }\n") +
          service("app", "    depends_on: { init: { condition: service_completed_successfully } }\n"));
  const Json& job = out.unit("podman-init");
  CHECK(job["config"]["Type"] == Json::array({"oneshot"}));
  CHECK(job["config"]["RemainAfterExit"] == Json::array({"1"}));
  CHECK(job["config"]["TimeoutStartSec"] == Json::array({"120"}));
  CHECK(job["start"] == Json::array({"/etc/hwcsync/stacks/s/bin/init"}));
  CHECK(has(out.unit("podman-app")["requires"], "podman-init.service"));
  CHECK(has(out.unit("podman-app")["after"], "podman-init.service"));
  const auto calls = out.script_calls("stacks/s/bin/init");
  REQUIRE(calls.size() == 1);
  CHECK(calls[0] == Words{"run", "--name=init", "--log-driver=journald", "--cgroups=enabled", "--replace",
                          "--pull=missing", "--env=A=b c", "--label=io.hwcsync.stack=s",
                          "--network=s_default", "docker.io/library/init:1", "it's", "$x %"});
}

TEST_CASE("commands of a stack run once before its containers, with the secrets there") {
  const auto rendered = nix::render(test::oci_state(
      "services:\n" + service("db") + service("app", "    depends_on: [db]\n"),
      "style: oci\nvariables: { ROOT: \"it's\" }\nprepare:\n  commands:\n    - podman volume exists "
      "\"$ROOT\"\n    - podman tag a b\n"));
  const test::OciLab out(rendered);
  const Json& unit = out.unit("s-prepare");
  CHECK(unit["config"]["Type"] == Json::array({"oneshot"}));
  CHECK(unit["config"]["RemainAfterExit"] == Json::array({"1"}));
  CHECK(unit["config"]["TimeoutStartSec"] == Json::array({"300"}));
  CHECK(unit["start"] == Json::array({"/etc/hwcsync/stacks/s/bin/s-prepare"}));
  for (const char* name : {"podman-db", "podman-app"}) {
    INFO(name);
    CHECK(has(out.unit(name)["requires"], "s-prepare.service"));
    CHECK(has(out.unit(name)["after"], "s-prepare.service"));
  }
  const Json module = rendered.intended.at("stacks/s/index.nix")["systemd"]["services"]["s-prepare"];
  CHECK(module["unitConfig"]["StopWhenUnneeded"] == true);
  CHECK(module["serviceConfig"]["ExecReload"] == module["serviceConfig"]["ExecStart"]);
  CHECK(module["reloadTriggers"].size() == 1);
  CHECK_FALSE(module.contains("restartTriggers"));

  const std::string script = rendered.files.at("stacks/s/bin/s-prepare");
  CHECK(script.find("export PATH=/run/wrappers/bin:/run/current-system/sw/bin HOME=/root\n") !=
        std::string::npos);
  CHECK(script.find("export ROOT='it'\\''s'\n") != std::string::npos);
  const auto first = script.find("podman volume exists \"$ROOT\"\n");
  CHECK(first != std::string::npos);
  CHECK(script.find("podman tag a b\n") > first);

  const auto none = nix::render(test::oci_state("services:\n" + service("db")));
  CHECK_FALSE(none.files.count("stacks/s/bin/s-prepare"));
  CHECK_FALSE(none.intended.at("stacks/s/index.nix")["systemd"]["services"].contains("s-prepare"));
}

TEST_CASE("a dependency that need not be there is wanted, not required") {
  const auto out =
      lab(service("db") +
          service("app", "    depends_on: { db: { condition: service_started, required: false } }\n"));
  const Json& app = out.unit("podman-app");
  CHECK_FALSE(has(app["requires"], "podman-db.service"));
  CHECK(has(app["wants"], "podman-db.service"));
  CHECK(has(app["after"], "podman-db.service"));
}

TEST_CASE("services that share a namespace, or ask for it, move as a group") {
  const auto out =
      lab(service("vpn") + service("a1", "    network_mode: \"service:vpn\"\n") +
          service("b1", "    pid: \"service:vpn\"\n") + service("c1", "    ipc: \"service:vpn\"\n") +
          service("d1", "    depends_on: { vpn: { condition: service_started, restart: true } }\n"));
  for (const char* name : {"a1", "b1", "c1", "d1"}) {
    INFO(name);
    const Json& unit = out.unit(std::string("podman-") + name);
    for (const char* tie : {"bindsTo", "partOf", "after", "requires"}) {
      INFO(tie);
      CHECK(has(unit[tie], "podman-vpn.service"));
    }
  }
}

TEST_CASE("restart policies become systemd's, with Compose's default") {
  const auto config = [](const std::string& lines) {
    return lab(service("web", lines)).unit("podman-web")["config"]["Restart"];
  };
  CHECK(config("") == Json::array({"no"}));
  CHECK(config("    restart: unless-stopped\n") == Json::array({"always"}));
  CHECK(config("    restart: on-failure:3\n") == Json::array({"on-failure"}));
  CHECK(config("    restart: always\n    deploy: { restart_policy: { condition: none } }\n") ==
        Json::array({"no"}));
  const auto rendered = nix::render(
      test::oci_state("services:\n" + service("web",
                                              "    deploy: { restart_policy: { condition: on-failure, delay: "
                                              "5s, max_attempts: 3, window: 2m } }\n")));
  const Json unit = rendered.intended.at("stacks/s/index.nix")["systemd"]["services"]["podman-web"];
  CHECK(unit["serviceConfig"]["RestartSec"] == 5);
  CHECK(unit["unitConfig"] == Json{{"StartLimitBurst", 4}, {"StartLimitIntervalSec", 120}});
}

TEST_CASE("hooks run from script files, as words") {
  const auto out = lab(
      service("web",
              "    post_start: [ { command: [sh, -c, \"echo 'x' $$HOME\"], user: root, environment: { K: \"v "
              "w\" } }, { command: [b] } ]\n"
              "    pre_stop: [ { command: [stop, \"now; please\"], working_dir: /w, privileged: true } ]\n"));
  CHECK(out.script_calls("stacks/s/bin/web-post-start") ==
        Calls{{"exec", "--user=root", "--env=K=v w", "web", "sh", "-c", "echo 'x' $HOME"},
              {"exec", "web", "b"}});
  CHECK(out.script_calls("stacks/s/bin/web-pre-stop") ==
        Calls{{"exec", "--workdir=/w", "--privileged", "web", "stop", "now; please"}});
  CHECK(out.unit("podman-web")["config"]["ExecStartPost"] ==
        Json::array(
            {"/etc/hwcsync/stacks/s/bin/web-post-start", "-/etc/hwcsync/bin/oci-resource unit ready %n"}));
}

TEST_CASE("a network is made with all its settings, and made anew when they change") {
  const std::string rest =
      "networks:\n  n:\n    driver: bridge\n    internal: true\n    enable_ipv6: true\n"
      "    driver_opts: { com.docker.network.driver.mtu: 1400, isolate: \"true\" }\n"
      "    ipam: { config: [ { subnet: 10.90.0.0/24, ip_range: 10.90.0.128/25, gateway: 10.90.0.1 }, { "
      "subnet: \"fd00:1::/64\" } ] }\n"
      "    labels: { who: me }\n";
  const auto out = lab(service("web", "    networks: [n]\n"), rest);
  const std::string unit = "podman-network-s_n";
  const auto absent = out.unit_calls(unit, "[ \"$2\" != exists ] || exit 1\n");
  REQUIRE(absent.size() == 2);
  Words create = absent[1];
  const std::string hash = create.at(3);
  CHECK_THAT(hash, Catch::Matchers::Contains("io.hwcsync.hash="));
  create.erase(create.begin() + 3);
  CHECK(create == Words{"network", "create", "--label", "--label=io.hwcsync.stack=s", "--driver=bridge",
                        "--interface-name=hw-s_n", "--opt=mtu=1400", "--opt=isolate=true",
                        "--subnet=10.90.0.0/24", "--ip-range=10.90.0.128/25", "--gateway=10.90.0.1",
                        "--subnet=fd00:1::/64", "--internal", "--ipv6", "--label=who=me", "s_n"});
  const auto same = out.unit_calls(unit, "[ \"$2\" != inspect ] || echo '" + hash.substr(16) + "'\n");
  CHECK(same.size() == 2);
  const auto changed =
      out.unit_calls(unit, "case $2 in inspect) echo other ;; --all) printf '%s\\n' a,x b ;; esac\n");
  REQUIRE(changed.size() == 7);
  CHECK(changed[3] == Words{"rm", "--force", "--time", "30", "a"});
  CHECK(changed[4] == Words{"rm", "--force", "--time", "30", "b"});
  CHECK(changed[5] == Words{"network", "rm", "s_n"});
  CHECK(changed[6].at(1) == "create");
  CHECK(out.unit(unit)["requiredBy"] == Json::array({"podman-web.service"}));
  CHECK(out.json()["firewall"]["hw-s_n"]["allowedUDPPorts"] == Json::array({53}));
}

TEST_CASE("a volume with changed settings is an error that says what to do, and is never removed") {
  const auto out = lab(service("web", "    volumes: [\"v:/v\"]\n"),
                       "volumes: { v: { driver_opts: { type: nfs, device: \":/x\", o: addr=10.0.0.1 } } }\n");
  const std::string unit = "podman-volume-s_v";
  const auto absent = out.unit_calls(unit, "[ \"$2\" != exists ] || exit 1\n");
  CHECK(absent.at(1).at(1) == "create");
  try {
    (void)out.unit_calls(unit, "[ \"$2\" != inspect ] || echo other\n");
    FAIL("no error");
  } catch (const std::exception& error) {
    CHECK_THAT(error.what(), Catch::Matchers::Contains("podman volume export s_v"));
  }
  const auto plain = lab(service("web", "    volumes: [\"v:/v\"]\n"), "volumes: { v: {} }\n");
  // Made by hand, without particular settings: as good as ours.
  CHECK(plain.unit_calls(unit, "[ \"$2\" != inspect ] || echo\n").size() == 2);
}

TEST_CASE("external networks and volumes are checked before the container starts") {
  const auto rendered = nix::render(test::oci_state(
      "services:\n" + service("web", "    networks: [n]\n    volumes: [\"v:/v\"]\n") +
      "networks: { n: { external: true, name: far-net } }\nvolumes: { v: { external: true } }\n"));
  const Json unit = rendered.intended.at("stacks/s/index.nix")["systemd"]["services"]["podman-web"];
  CHECK(unit["serviceConfig"]["ExecStartPre"] ==
        Json::array({"/etc/hwcsync/bin/oci-resource network exists far-net",
                     "/etc/hwcsync/bin/oci-resource volume exists v"}));
}

TEST_CASE("two services that were given configs of their own do not meet in one file") {
  const auto rendered = nix::render(
      test::oci_state("services:\n" + service("aa", "    configs: [ { source: b-c, mode: 0400 } ]\n") +
                      service("aa-b", "    configs: [ { source: c, mode: 0444 }, d ]\n") +
                      "configs: { b-c: { content: BC }, c: { content: C }, d: { content: D } }\n"));
  CHECK(rendered.files.at("stacks/s/configs/@aa/b-c") == "BC");
  CHECK(rendered.files.at("stacks/s/configs/@aa-b/c") == "C");
  CHECK(rendered.files.at("stacks/s/configs/d") == "D");
  CHECK_NOTHROW(test::OciLab(rendered));
}

TEST_CASE("bind sources are made by tmpfiles for who works in the container") {
  const auto out = lab(service(
      "web",
      "    user: \"1000:100\"\n    volumes: [\"/srv/data/a b%:/a\", { type: bind, source: /srv/data/no, "
      "target: /n, bind: { create_host_path: false } }]\n"));
  CHECK(out.json()["tmpfiles"].dump() == R"(["d \"/srv/data/a b%%\" :0755 :1000 :100 -"])");
}

TEST_CASE("a route has its upstream, internal certificates and hashed passwords") {
  const std::string hash = "$2a$14$" + std::string(53, 'a');
  const std::string stack =
      "style: oci\nroutes: [ { domain: x.example.net, upstream: 8001, tls: internal, basic-auth: { alice: "
      "\"" +
      hash + "\" } } ]\n";
  const std::string services = "services:\n" + service("web", "    ports: [\"127.0.0.1:8001:80\"]\n");
  CHECK(test::OciLab(test::oci_state(services, stack)).json()["caddy"]["x.example.net"] ==
        "tls internal\nbasic_auth {\n  alice " + hash + "\n}\nreverse_proxy 127.0.0.1:8001\n");
  const test::OciLab old(test::oci_state(services, stack, "    nixpkgs: \"24.05\"\n"));
  CHECK_THAT(old.json()["caddy"]["x.example.net"].get<std::string>(),
             Catch::Matchers::Contains("basicauth {"));
  // The owner moves the port: container, route and all follow.
  const test::OciLab moved(test::oci_state(services, stack), "{ hwc.server.containers.s.port = 9009; }");
  CHECK_THAT(moved.json()["caddy"]["x.example.net"].get<std::string>(),
             Catch::Matchers::Contains("127.0.0.1:9009"));
  CHECK(has(Json(moved.argv("web")), "127.0.0.1:9009:80"));
}

TEST_CASE("each assertion of a module fires") {
  const auto state = [](const std::string& stack) {
    return test::oci_state("services:\n" + service("web"), "style: oci\n" + stack);
  };
  const auto failed = [](const layout::DesiredState& desired, const std::string& extra) {
    return test::OciLab(desired, extra).json()["failed"].dump();
  };
  CHECK_THAT(failed(state("firewall: { tcp: [80] }\n"), "{ networking.firewall.enable = false; }"),
             Catch::Matchers::Contains("networking.firewall.enable is false"));
  CHECK(failed(state("firewall: { tcp: [80] }\n"), "{ }") == "[]");
  auto desired = state("");
  desired.stacks["s"].secrets = {
      {.name = "x", .source = "stacks/s/x.age", .blob = std::string(40, 'a'), .format = "age"}};
  CHECK_THAT(failed(desired, "{ }"),
             Catch::Matchers::Contains("reads secrets, which services.hwcsync shows"));
  CHECK(failed(desired, "{ systemd.services.\"hwcsync-view@\".description = \"x\"; }") == "[]");
  CHECK_THAT(
      failed(state(""), "{ lib, ... }: { virtualisation.oci-containers.backend = lib.mkForce \"docker\"; }"),
      Catch::Matchers::Contains("needs virtualisation.oci-containers.backend"));
}
