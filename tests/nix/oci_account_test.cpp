// Stacks of style oci whose containers are a user's: every unit that speaks to podman speaks to that user's.
#include "gitops/nix/render.hpp"
#include "tests/nix/need_nix.hpp"
#include "tests/nix/oci_lab.hpp"
#include "tests/support/catch.hpp"

using namespace hwcsync;

namespace {

const test::NeedNix kNeedNix;

constexpr const char* kServices =
    "services:\n"
    "  init: { image: 'docker.io/library/init:1', container_name: init }\n"
    "  db:\n    image: docker.io/library/db:1\n    container_name: db\n    networks: [n]\n"
    "    volumes: ['v:/v', '/srv/data/own:/o', '/srv/data/app:/a']\n    user: '999:0'\n"
    "    post_start: [ { command: [a] } ]\n"
    "    healthcheck: { test: [CMD, a, b], interval: 2s, timeout: 2s, retries: 5 }\n"
    "  app:\n    image: docker.io/library/app:1\n    container_name: app\n    networks: [n]\n"
    "    environment: { PUID: '0', PGID: '0' }\n    volumes: ['/srv/data/app:/a', '/srv/data/root:/r']\n"
    "    configs: [ { source: c, uid: '5', gid: '0' } ]\n"
    "    depends_on: { db: { condition: service_healthy }, init: { condition: service_completed_successfully "
    "} }\n"
    "networks: { n: {} }\nvolumes: { v: {} }\nconfigs: { c: { content: C } }\n";

layout::DesiredState of_user(const std::string& stack = "user: homelab\n") {
  return test::oci_state(kServices, "style: oci\nprepare: { commands: [ podman info ] }\n" + stack);
}

Json units_of(const layout::DesiredState& state) {
  return nix::render(state).intended.at("stacks/s/index.nix")["systemd"]["services"];
}

constexpr const char* kAccount =
    "{ users.users.homelab = { uid = 1000; isNormalUser = true; linger = true; }; }";

}  // namespace

TEST_CASE("containers of a user are the user's by podman.user") {
  const auto rendered = nix::render(of_user());
  const Json containers =
      rendered.intended.at("stacks/s/index.nix")["virtualisation"]["oci-containers"]["containers"];
  for (const char* name : {"db", "app"}) CHECK(containers[name]["podman"]["user"] == "homelab");
  const Json roots = nix::render(of_user("")).intended.at("stacks/s/index.nix")["virtualisation"];
  CHECK_FALSE(roots["oci-containers"]["containers"]["app"].contains("podman"));
}

TEST_CASE("every unit around a user's containers is that user's, and comes after the user's manager") {
  const Json units = units_of(of_user());
  for (const char* name : {"podman-network-s_n", "podman-volume-s_v", "podman-init", "s-prepare"}) {
    INFO(name);
    CHECK(units[name]["serviceConfig"]["User"] == "homelab");
    CHECK(units[name]["environment"] ==
          Json{{"HOME", "/home/homelab"}, {"XDG_RUNTIME_DIR", "/run/user/1000"}});
  }
  for (const auto& [name, unit] : units.items()) {
    INFO(name);
    CHECK(unit["environment"]["XDG_RUNTIME_DIR"] == "/run/user/1000");
    CHECK(unit["path"] == Json::array({"/run/wrappers"}));
    CHECK(unit["serviceConfig"]["Delegate"] == true);
    for (const char* tie : {"wants", "after"}) {
      const auto& list = unit[tie];
      CHECK(std::find(list.begin(), list.end(), "user@1000.service") != list.end());
    }
  }
  CHECK(units.size() == 7);
  const Json roots = units_of(of_user(""));
  for (const auto& [name, unit] : roots.items()) {
    INFO(name);
    CHECK_FALSE(unit.contains("environment"));
    CHECK_FALSE(unit["serviceConfig"].contains("User"));
    CHECK_FALSE(unit["serviceConfig"].contains("Delegate"));
  }
}

TEST_CASE("what starts other units of the system is root's still") {
  const test::OciLab out(of_user(), kAccount);
  CHECK(out.unit("podman-db")["config"]["ExecStartPost"] ==
        Json::array(
            {"/etc/hwcsync/stacks/s/bin/db-post-start", "-+/etc/hwcsync/bin/oci-resource unit ready %n"}));
  CHECK(out.unit("podman-app")["config"]["User"] == Json::array({"homelab"}));
  CHECK(out.unit("podman-db")["config"]["Delegate"] == Json::array({"1"}));
  CHECK(out.json()["failed"].dump() == "[]");
}

TEST_CASE("files for a user's containers belong to who the container's ids are on the host") {
  const test::OciLab out(of_user(), kAccount);
  // 999 is sub-id 998 after the first; 0 is the user, and the user's group.
  CHECK(out.json()["tmpfiles"].dump() ==
        R"(["d /srv/data/app :0755 :1000 :100 -","d /srv/data/root :0755 :1000 :100 -",)"
        R"("d /srv/data/own :0755 :100998 :100 -"])");
  const Json etc = nix::render(of_user()).intended.at("stacks/s/index.nix")["environment"]["etc"];
  const Json& config = etc["hwcsync/stacks/s/configs/@app/c"];
  CHECK(config["uid"] == 100004);
  CHECK(config["gid"] == 100);
  // Bridges of a user are not among the host's interfaces.
  CHECK(out.json()["firewall"].empty());
}

TEST_CASE("with another map of ids the files are the user's") {
  auto state = of_user();
  for (auto& [name, service] : state.stacks.at("s").project.services) service.userns_mode = "keep-id";
  const test::OciLab out(state, kAccount);
  CHECK_THAT(out.json()["tmpfiles"].dump(), Catch::Matchers::Contains("/srv/data/own :0755 :1000 :100 -"));
}

TEST_CASE("a directory is never given to an id that is another user's") {
  for (const char* user : {"70000:70000", "65537", ":", "0:", ":0"}) {
    INFO(user);
    auto state = of_user();
    for (auto& [name, service] : state.stacks.at("s").project.services) service.user = user;
    const test::OciLab out(state, kAccount);
    CHECK_THAT(out.json()["tmpfiles"].dump(), Catch::Matchers::Contains("/srv/data/own :0755 :1000 :100 -"));
  }
}

TEST_CASE(
    "a user who is another one on the host, or is not there without a login, is an error of the build") {
  const auto failed = [](const std::string& account) {
    return test::OciLab(of_user(), "{ users.users.homelab = { isNormalUser = true; " + account + " }; }")
        .json()["failed"]
        .dump();
  };
  CHECK(failed("uid = 1000; linger = true;") == "[]");
  CHECK_THAT(failed("uid = 1001; linger = true;"),
             Catch::Matchers::Contains("is for uid 1000, but users.users"));
  CHECK_THAT(failed("uid = 1000; linger = false;"),
             Catch::Matchers::Contains("users.users.homelab.linger is not"));
}

TEST_CASE("a network of one user's stack is not waited for by another's") {
  MemoryTree tree;
  tree.put("hwcsync.yaml",
           "version: 1\nhosts:\n  server:\n    flake: \"#server\"\n    stacks: [maker, mine, other]\n"
           "    users: { homelab: { uid: 1000 }, eric: { uid: 1001, sub-ids: 200000 } }\n");
  const auto stack = [&](const std::string& name, const std::string& user, const std::string& network) {
    tree.put("stacks/" + name + "/compose.yaml",
             "services: { web: { image: 'docker.io/library/web:1', networks: [n] } }\nnetworks: { n: " +
                 network + " }\n");
    tree.put("stacks/" + name + "/stack.yaml", "style: oci\nuser: " + user + "\n");
  };
  stack("maker", "homelab", "{ name: shared }");
  stack("mine", "homelab", "{ name: shared, external: true }");
  stack("other", "eric", "{ name: shared, external: true }");
  layout::LoadCounters counters;
  const auto rendered = nix::render(layout::load_desired_state(tree, "server", counters));
  const auto requires_of = [&](const std::string& name) {
    return rendered.intended.at("stacks/" + name +
                                "/index.nix")["systemd"]["services"]["podman-" + name + "-web"];
  };
  CHECK(requires_of("mine")["requires"] == Json::array({"podman-network-shared.service"}));
  CHECK_FALSE(requires_of("other").contains("requires"));
}
