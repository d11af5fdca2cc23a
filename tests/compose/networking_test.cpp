#include "tests/compose/fixture.hpp"

namespace hwcsync::compose {
namespace {
using test::Fixture;

const char* const kNetworks = "networks: { a: , b: , c: }\n";

TEST_CASE("networks are joined by priority, then by name") {
  const Project project = Fixture().load(
      Fixture::web("networks: { c: , b: { priority: 10 }, a: { gw_priority: 1 } }") + kNetworks);
  std::vector<std::string> keys;
  for (const NetworkAttachment& one : project.services.at("web").networks) keys.push_back(one.key);
  CHECK(keys == std::vector<std::string>{"b", "a", "c"});
  CHECK(project.services.at("web").attached_to("a"));
  CHECK_FALSE(project.services.at("web").attached_to("default"));
}

TEST_CASE("the alias of a link becomes one of the linked service where both are") {
  const Project project = Fixture().load(Fixture::web("networks: [ a, b ]\nlinks: [ 'db:database', db ]") +
                                         "  db: { image: d, networks: [ b, c ] }\n" + kNetworks);
  const auto& attachments = project.services.at("db").networks;
  CHECK(attachments.at(0).aliases == std::vector<std::string>{"database"});
  CHECK(attachments.at(1).aliases.empty());
  CHECK(project.services.at("web").implied_dependencies() == std::set<std::string>{"db"});
}

TEST_CASE("what a service joins must be there, and may not be a circle") {
  const Service service =
      Fixture()
          .load(Fixture::web("ipc: service:db\npid: service:db\nvolumes_from: [ other:ro ]") +
                "  db: { image: d }\n  other: { image: o }\n")
          .services.at("web");
  CHECK(service.joined() == std::set<std::string>{"db"});
  CHECK(service.implied_dependencies() == std::set<std::string>{"db", "other"});
  CHECK(Fixture().problems(Fixture::web("pid: service:gone")) ==
        "2:3: the service 'web' needs the service 'gone', which does not exist");
  CHECK(Fixture().problems(Fixture::web("volumes_from: [ db ]") + "  db: { image: d, links: [ web ] }\n") ==
        "5:3: services wait for each other: db -> web -> db");
}

TEST_CASE("names, addresses and signals that no container could have are refused where they stand") {
  const auto wrong = [](const std::string& text) { return Fixture().problems(Fixture::web(text)); };
  for (const char* text :
       {"hostname: a b", "hostname: -x", "hostname: a..b", "domainname: a/b", "dns: not-an-ip",
        "dns: [ 1.2.3.999 ]", "dns_search: a b", "extra_hosts: [ 'a b:1.2.3.4' ]",
        "extra_hosts: [ ':1.2.3.4' ]", "extra_hosts: [ 'a:' ]", "extra_hosts: { a: nonsense }",
        "stop_signal: SIGNONE", "stop_signal: '65'", "stop_signal: '0'", "stop_signal: SIGRTMIN+99"}) {
    INFO(text);
    CHECK(wrong(text).rfind("4:", 0) == 0);
  }
  for (const char* text :
       {"hostname: my_host-1.example.net", "hostname: ''", "dns: [ 9.9.9.9, 'fd00::1' ]", "dns: none",
        "dns_search: .", "dns_search: []", "dns_search: example.net.", "hostname: web.example.net.",
        "extra_hosts: [ 'db.lan.:1.2.3.4' ]",
        "extra_hosts: [ 'a=::1', 'b:[fd00::1]', 'c:host-gateway', 'd=1.2.3.4,5.6.7.8' ]",
        "stop_signal: SIGINT", "stop_signal: term", "stop_signal: '15'", "stop_signal: SIGRTMIN+3"}) {
    INFO(text);
    CHECK(wrong(text).empty());
  }
}

TEST_CASE("an address range, a driver and an external network are checked") {
  const auto wrong = [](const std::string& text) {
    return Fixture().problems(Fixture::web("") + "networks: { n: " + text + " }\n");
  };
  CHECK(wrong("{ ipam: { config: [ { subnet: 10.0.0.0 } ] } }") ==
        "4:46: '10.0.0.0' is no subnet such as 10.89.0.0/24");
  CHECK(wrong("{ ipam: { config: [ { gateway: 10.0.0.1 } ] } }") ==
        "4:36: 'ip_range' and 'gateway' need the 'subnet' they are in");
  CHECK(wrong("{ external: true, driver: bridge }") ==
        "4:16: an external network takes nothing but a name, and has 'driver'");
  const Project project = Fixture().load(Fixture::web("") + "networks: { n: { driver: overlay } }\n");
  REQUIRE(project.limits.size() == 2);
  CHECK(project.limits[0].problem.message ==
        "networks.n.driver is overlay, which podman makes no network of; use bridge, macvlan or ipvlan");
}

TEST_CASE("a volume's option may carry a secret, which is a limit of style oci") {
  const Project project =
      Fixture().load(Fixture::web("") + "volumes: { n: { driver_opts: { o: 'password=${PW}' } } }\n");
  CHECK(project.volumes.at("n").driver_opts.at("o").compose_text() == "password=${PW}");
  REQUIRE(project.limits.size() == 1);
  CHECK(project.limits[0].of == Limit::Of::containers);
}

}  // namespace
}  // namespace hwcsync::compose
