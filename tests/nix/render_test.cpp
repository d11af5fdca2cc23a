#include "gitops/nix/render.hpp"

#include "gitops/nix/marker.hpp"
#include "src/base/error.hpp"
#include "tests/nix/fixture.hpp"
#include "tests/support/catch.hpp"

using namespace hwcsync;

TEST_CASE("the same state gives the same bytes") {
  const auto first = nix::render(test::example_state());
  const auto second = nix::render(test::example_state());
  CHECK(first.files == second.files);
  CHECK(first.intended == second.intended);
}

TEST_CASE("every generated file but an asset carries an intact marker") {
  for (const auto& [name, content] : nix::render(test::example_state()).files) {
    INFO(name);
    const bool asset = name.find("/assets/") != std::string::npos;
    CHECK(nix::marker_state(content) == (asset ? nix::MarkerState::absent : nix::MarkerState::intact));
  }
}

TEST_CASE("a changed service changes the files of its stack and the list of images alone") {
  auto state = test::example_state();
  const auto before = nix::render(state);
  state.stacks["sonarr"].project.services["sonarr"].image = "lscr.io/linuxserver/sonarr:4.0.10";
  const auto after = nix::render(state);
  std::vector<std::string> changed;
  for (const auto& [name, content] : after.files) {
    if (before.files.at(name) != content) changed.push_back(name);
  }
  CHECK(changed == std::vector<std::string>{"images", "stacks/sonarr/index.nix"});
}

TEST_CASE("a changed asset reloads its stack") {
  auto state = test::example_state();
  const auto before = nix::render(state);
  state.stacks["caddy"].assets[0].content += "# more\n";
  const auto after = nix::render(state);
  const Json& is = after.intended.at("stacks/caddy/default.nix")["systemd"]["services"]["caddy-stack"];
  const Json& was = before.intended.at("stacks/caddy/default.nix")["systemd"]["services"]["caddy-stack"];
  CHECK(is["reloadTriggers"] != was["reloadTriggers"]);
  CHECK(is["serviceConfig"] == was["serviceConfig"]);
}

TEST_CASE("a unit of style compose names no path that follows from content") {
  const auto rendered = nix::render(test::example_state());
  const Json unit = rendered.intended.at("stacks/immich/default.nix")["systemd"]["services"]["immich-stack"];
  CHECK(unit["serviceConfig"]["ExecStart"] == "/etc/hwcsync/bin/compose-stack up immich");
  CHECK(unit.dump().find("/nix/store") == std::string::npos);
  CHECK(unit["description"] == "Photo library, 100%% local");
  CHECK(unit["unitConfig"]["RequiresMountsFor"] == Json::array({"/mnt/data"}));
  CHECK_THAT(unit["after"].dump(), Catch::Matchers::Contains("podman-ledger-db.service"));
  CHECK_THAT(unit["after"].dump(), Catch::Matchers::Contains("tailscaled.service"));
}

TEST_CASE("a proxied port stays closed, and all do without a firewall") {
  auto state = test::example_state();
  const auto firewall = [&] {
    return nix::render(state).intended.at("stacks/immich/default.nix")["networking"]["firewall"].dump();
  };
  CHECK(firewall() == R"({"allowedTCPPorts":[3003],"allowedUDPPorts":[5353]})");
  state.config.firewall = false;
  CHECK(firewall() == R"({"allowedTCPPorts":[],"allowedUDPPorts":[]})");
}

TEST_CASE("a service of which nothing shall run is not waited for") {
  auto state = test::example_state();
  auto& services = state.stacks.at("immich").project.services;
  const std::string name = services.begin()->first;
  const auto expected = [&] {
    return nix::render(state)
        .intended
        .at("stacks/immich/default.nix")["environment"]["etc"]["hwcsync/stacks/immich/unit.conf"]["text"]
        .get<std::string>();
  };
  CHECK_THAT(expected(), Catch::Matchers::Contains("service=" + name + "\n"));
  services.begin()->second.scale = 0;
  CHECK(expected().find("service=" + name + "\n") == std::string::npos);
}

TEST_CASE("a tainted variable goes to the view's env file and nowhere else") {
  const auto rendered = nix::render(test::example_state());
  const Json containers =
      rendered.intended.at("stacks/ledger/index.nix")["virtualisation"]["oci-containers"]["containers"];
  const Json& app = containers["ledger-app"];
  CHECK(app["environment"] == Json{{"DB_HOST", "db"}});
  CHECK(app["environmentFiles"] == Json::array({"/run/hwcsync/view/0/podman-ledger-app.env"}));
  CHECK(containers["ledger-db"]["volumes"] ==
        Json::array({"ledger_pg:/var/lib/postgresql/data:U",
                     "/run/hwcsync/view/0/ledger/db-password:/run/secrets/db-password:ro"}));
}

TEST_CASE("a dependency that must be healthy is one for systemd too, within a bounded time") {
  const auto rendered = nix::render(test::example_state());
  const Json config = rendered.intended.at("stacks/ledger/index.nix");
  CHECK(config["virtualisation"]["oci-containers"]["containers"]["ledger-db"]["podman"]["sdnotify"] ==
        "healthy");
  CHECK(config["systemd"]["services"]["podman-ledger-db"]["serviceConfig"]["TimeoutStartSec"] == 230);
  const Json& app = config["systemd"]["services"]["podman-ledger-app"];
  CHECK(app["bindsTo"] == Json::array({"podman-ledger-db.service"}));
  CHECK(app["serviceConfig"]["Restart"] == "on-failure");
}

TEST_CASE("what style oci cannot do is refused with the place in the Compose file") {
  auto state = test::example_state();
  auto& app = state.stacks["ledger"].project.services["app"];
  SECTION("a service that is awaited healthy and awaited done") {
    app.depends_on["db"].condition = compose::Dependency::Condition::completed;
    state.stacks["ledger"].project.services["sidecar"].depends_on["db"].condition =
        compose::Dependency::Condition::healthy;
  }
  SECTION("a secret in a hook") {
    compose::Hook hook;
    hook.command = {compose::Template{{compose::SecretPart{"PASSWORD", ""}}}};
    app.post_start = {hook};
  }
  SECTION("a label that podman would split elsewhere") {
    app.labels["a=b"] = "c";
  }
  CHECK_THROWS_AS(nix::render(state), ConfigError);
}

TEST_CASE("the placeholder fails with the way out") {
  CHECK_THAT(nix::placeholder("server"), Catch::Matchers::Contains("assertion = false;"));
  CHECK_THAT(nix::placeholder("server"),
             Catch::Matchers::Contains("deploy with hwcsync, or run `hwcsync render --out .` first"));
  CHECK(nix::marker_state(nix::placeholder("server")) == nix::MarkerState::intact);
}
