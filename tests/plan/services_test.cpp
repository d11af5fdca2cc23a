#include "gitops/plan/services.hpp"

#include "gitops/plan/data_guards.hpp"
#include "tests/support/catch.hpp"

namespace hwcsync::plan {
namespace {

using Reasons = std::vector<std::string>;

compose::Service service(const std::string& image) {
  compose::Service out;
  out.name = "web";
  out.image = image;
  return out;
}

TEST_CASE("differences are told as a person thinks of them") {
  compose::Service before = service("ghcr.io/x/web:v1");
  before.environment["OLD"] = compose::Template::literal("1");
  before.environment["SAME"] = compose::Template::literal("1");
  before.ports = {{"", "80", "8080", "tcp"}};
  compose::Service after = service("ghcr.io/x/web:v2");
  after.environment["NEW"] = compose::Template::literal("1");
  after.environment["SAME"] = compose::Template::literal("2");
  after.ports = {{"127.0.0.1", "80", "8080", "tcp"}};
  CHECK(differences(before, after) == Reasons{"image ghcr.io/x/web v1 -> v2", "environment + NEW",
                                              "environment ~ SAME", "environment - OLD",
                                              "port + 127.0.0.1:80:8080", "port - 80:8080"});
  CHECK(differences(before, before).empty());
}

TEST_CASE("a mount and a grant are told with their options") {
  compose::Service before = service("docker.io/library/x:1");
  before.volumes = {{.source = "/srv/a", .target = "/a", .read_only = true, .options = {"U"}}};
  before.secrets = {{.source = "db", .target = "/run/secrets/db", .mode = "0400"}};
  compose::Service after = before;
  after.volumes[0].read_only = false;
  after.secrets[0].mode = "0440";
  CHECK(differences(before, after) == Reasons{"volume + /srv/a:/a:U", "volume - /srv/a:/a:ro,U",
                                              "secret + db:/run/secrets/db 0440",
                                              "secret - db:/run/secrets/db 0400"});
}

TEST_CASE("a health check is told by the keys that differ") {
  compose::Service before = service("docker.io/library/x:1");
  compose::Service after = before;
  after.health_check = compose::HealthCheck{.test = {"CMD", "true"}, .interval = "10s"};
  CHECK(differences(before, after) == Reasons{"health check set"});
  CHECK(differences(after, before) == Reasons{"health check removed"});
  before = after;
  before.health_check->interval = "20s";
  before.health_check->retries = 3;
  CHECK(differences(before, after) == Reasons{"health check: interval, retries"});
}

TEST_CASE("the value of a variable of the environment is never told") {
  compose::Service before = service("docker.io/library/x:1");
  before.environment["TOKEN"] = compose::Template::literal("old-canary");
  compose::Service after = before;
  after.environment["TOKEN"] = compose::Template::literal("new-canary");
  after.environment["OTHER"] = {{compose::SecretPart{"OTHER", ":-canary"}}};
  CHECK(differences(before, after) == Reasons{"environment + OTHER", "environment ~ TOKEN"});
}

TEST_CASE("members of a network namespace move with its holder, over any number of steps") {
  layout::Stack before;
  for (const char* name : {"vpn", "client", "tool", "other"}) {
    before.project.services[name] = service("docker.io/library/x:1");
  }
  before.project.services["client"].network_mode = "service:vpn";
  before.project.services["tool"].network_mode = "service:client";
  layout::Stack after = before;
  after.project.services["vpn"].image = "docker.io/library/x:2";
  const auto changes = compare_services(before, after);
  REQUIRE(changes.size() == 3);
  CHECK(changes[0].service == "client");
  CHECK(changes[0].reasons == Reasons{"shares the network of vpn"});
  CHECK(changes[1].service == "tool");
  CHECK(changes[2].service == "vpn");
}

TEST_CASE("what another container needs to be there moves with it, as the style ties them") {
  layout::Stack before;
  for (const char* name : {"a", "link", "volumes", "process"}) {
    before.project.services[name] = service("docker.io/library/x:1");
    before.project.services[name].name = name;
  }
  before.project.services["link"].links = {{"a", "a"}};
  before.project.services["volumes"].volumes_from = {{.from = "a"}};
  before.project.services["process"].pid = "service:a";
  layout::Stack after = before;
  after.project.services["a"].image = "docker.io/library/x:2";
  const auto moved = [&](stack::Style style) {
    before.style = style;
    after.style = style;
    std::vector<std::string> out;
    for (const ServiceChange& change : compare_services(before, after)) out.push_back(change.service);
    return out;
  };
  CHECK(moved(stack::Style::oci) == std::vector<std::string>{"a", "link", "process", "volumes"});
  // The provider makes those anew that hold something of the old container.
  CHECK(moved(stack::Style::compose) == std::vector<std::string>{"a", "process", "volumes"});
}

TEST_CASE("a database's major version is read from its tag") {
  CHECK(database_major("docker.io/library/postgres:16.4") == 16);
  CHECK(database_major("docker.io/tensorchord/pgvecto-rs:pg14-v0.2.0") == 14);
  CHECK_FALSE(database_major("docker.io/library/caddy:2.8"));
  CHECK_FALSE(database_major("docker.io/library/postgres:latest"));
  CHECK_FALSE(database_major("localhost:5000/postgres"));
  CHECK(database_major("docker.io/bitnami/postgresql:15") == 15);
  CHECK(database_major("docker.io/timescale/timescaledb:2.1.0-pg16") == 16);
  CHECK(database_major("docker.io/pgvector/pgvector:pg15") == 15);
}

}  // namespace
}  // namespace hwcsync::plan
