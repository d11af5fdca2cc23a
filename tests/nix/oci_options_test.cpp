// Each option of virtualisation.oci-containers.containers.<name>, and what gives it its value: a key of the
// Compose file or of stack.yaml, or nothing and why.
#include "gitops/nix/render.hpp"
#include "tests/nix/need_nix.hpp"
#include "tests/nix/oci_lab.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <set>

using namespace hwcsync;

namespace {

const test::NeedNix kNeedNix;

struct Given {
  const char* option;
  const char* at;       // JSON pointer below the option
  const char* service;  // lines of the service "web", indented by four
  const char* rest;     // more services, and what stands after them
  const char* stack;    // lines of stack.yaml
  Json value;
  void (*change)(layout::Stack&) = nullptr;  // what only a repository with ciphertext could say
};

struct Unused {
  const char* option;
  const char* why;
};

void log_in(layout::Stack& stack) {
  stack.config.registry_login = {.registry = "ghcr.io", .username = "me", .password = "token"};
}

void take_secret(layout::Stack& stack) {
  compose::Template value;
  value.parts.emplace_back(compose::SecretPart{"PASSWORD", ""});
  stack.project.services.at("web").environment["PASSWORD"] = value;
}

const std::vector<Given>& rows() {
  static const std::vector<Given> table{
      {"image", "", "", "", "", "docker.io/library/web:1"},
      {"login", "/registry", "", "", "", "ghcr.io", &log_in},
      {"login", "/username", "", "", "", "me", &log_in},
      {"login", "/passwordFile", "", "", "", "/run/hwcsync/view/0/s/token", &log_in},
      {"cmd", "", "command: [a, 'b c']", "", "", {"a", "b c"}},
      {"labels", "/a", "labels: { a: b }", "", "", "b"},
      {"entrypoint", "", "entrypoint: [/bin/x]", "", "", "/bin/x"},
      {"environment", "/A", "environment: { A: b }", "", "", "b"},
      {"environmentFiles", "", "", "", "", Json::array({"/run/hwcsync/view/0/podman-web.env"}), &take_secret},
      {"log-driver", "", "logging: { driver: none }", "", "", "none"},
      {"ports", "", "ports: ['127.0.0.1:8080:80']", "", "", Json::array({"127.0.0.1:8080:80"})},
      {"user", "", "user: '1000:100'", "", "", "1000:100"},
      {"volumes", "", "volumes: ['/srv/a:/a:ro']", "", "", Json::array({"/srv/a:/a:ro"})},
      {"workdir", "", "working_dir: /w", "", "", "/w"},
      {"dependsOn", "", "depends_on: [db]", "  db: { image: i, container_name: db }\n", "",
       Json::array({"db"})},
      {"hostname", "", "hostname: h", "", "", "h"},
      {"preRunExtraOptions", "", "runtime: runsc", "", "", {"--runtime", "runsc"}},
      {"extraOptions", "", "init: true", "", "", Json::array({"--init"})},
      {"podman", "/user", "", "", "user: homelab\n", "homelab"},
      {"podman", "/sdnotify", "healthcheck: { test: [CMD, a, b] }",
       "  app: { image: i, depends_on: { web: { condition: service_healthy } } }\n", "", "healthy"},
      {"pull", "", "pull_policy: always", "", "", "always"},
      {"capabilities", "/CHOWN", "cap_add: [CHOWN]", "", "", true},
      {"capabilities", "/ALL", "cap_drop: [ALL]", "", "", false},
      {"devices", "", "devices: ['/dev/dri:/dev/dri']", "", "", Json::array({"/dev/dri:/dev/dri"})},
      {"privileged", "", "privileged: true", "", "", true},
      {"networks", "", "networks: [n]", "networks: { n: { name: far } }\n", "", Json::array({"far"})},
  };
  return table;
}

const std::vector<Unused>& unused() {
  static const std::vector<Unused> table{
      {"imageFile", "an image out of the Nix store: Compose names images by their registry"},
      {"imageStream", "the same"},
      {"serviceName", "plans, secrets and the health check know a container's unit as podman-<container>"},
      {"autoStart", "every service of a stack that a host lists starts; 'profiles' choose which are in it"},
      {"autoRemoveOnStop",
       "the unit removes the container at its end in any case; what is to last is in volumes"},
  };
  return table;
}

Json container(const Given& row, const std::string& host = "") {
  auto state = test::oci_state(std::string("services:\n  web:\n    image: docker.io/library/web:1\n") +
                                   "    container_name: web\n    " + row.service + "\n" + row.rest,
                               std::string("style: oci\n") + row.stack, host);
  if (row.change != nullptr) row.change(state.stacks.at("s"));
  return nix::render(state).intended.at(
      "stacks/s/index.nix")["virtualisation"]["oci-containers"]["containers"]["web"];
}

}  // namespace

TEST_CASE("each option of oci-containers that something means is set by it") {
  for (const Given& row : rows()) {
    INFO(row.option << row.at);
    const Json one = container(row);
    REQUIRE(one.contains(row.option));
    CHECK(one.at(row.option).at(Json::json_pointer(row.at)) == row.value);
  }
}

TEST_CASE("the options of oci-containers are these, and the others are never set") {
  std::set<std::string> known;
  for (const Given& row : rows()) known.insert(row.option);
  for (const Unused& row : unused()) {
    INFO(row.option);
    CHECK(known.insert(row.option).second);
    CHECK(std::string(row.why).size() > 5);
    for (const Given& used : rows()) CHECK_FALSE(container(used).contains(row.option));
  }
  const test::OciLab lab(test::oci_state("services: { web: { image: i, container_name: web } }\n"));
  CHECK(lab.json()["options"]["web"].get<std::set<std::string>>() == known);
}

TEST_CASE("a host that may have an older NixOS gets no option that it lacks") {
  static const std::set<std::string> kNewer{"podman",     "pull",     "capabilities",      "devices",
                                            "privileged", "networks", "preRunExtraOptions"};
  for (const Given& row : rows()) {
    INFO(row.option << row.at);
    if (std::string(row.at) == "/user" || std::string(row.option) == "preRunExtraOptions") {
      CHECK_THROWS_AS(container(row, "    nixpkgs: \"24.05\"\n"), ConfigError);
      continue;
    }
    const Json one = container(row, "    nixpkgs: \"24.05\"\n");
    for (const auto& option : kNewer) CHECK_FALSE(one.contains(option));
  }
}
