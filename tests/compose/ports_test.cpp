#include "gitops/compose/ports.hpp"

#include "tests/compose/fixture.hpp"

namespace hwcsync::compose {
namespace {
using test::Fixture;

Port port(const std::string& text) {
  return Fixture().service("ports: [ '" + text + "' ]").ports.at(0);
}
std::string wrong(const std::string& text) {
  return Fixture().problems(Fixture::web("ports: [ '" + text + "' ]"));
}

TEST_CASE("the short forms of a port") {
  CHECK(port("80") == Port{"", "", "80", "tcp"});
  CHECK(port("8080:80") == Port{"", "8080", "80", "tcp"});
  CHECK(port("127.0.0.1:8080:80/udp") == Port{"127.0.0.1", "8080", "80", "udp"});
  CHECK(port("127.0.0.1::80") == Port{"127.0.0.1", "", "80", "tcp"});
  CHECK(port("127.0.0.1:80") == Port{"127.0.0.1", "", "80", "tcp"});
  CHECK(port("[::1]:6001:6001") == Port{"::1", "6001", "6001", "tcp"});
  CHECK(port("::1:6001:6001") == Port{"::1", "6001", "6001", "tcp"});
  CHECK(port("8000-8010:9000-9010") == Port{"", "8000-8010", "9000-9010", "tcp"});
}

TEST_CASE("the long form of a port") {
  const Service service = Fixture().service(
      "ports:\n  - target: 80\n    published: '8080'\n    host_ip: 127.0.0.1\n    mode: host");
  CHECK(service.ports.at(0) == Port{"127.0.0.1", "8080", "80", "tcp"});
}

TEST_CASE("ports that podman cannot publish are refused") {
  CHECK(wrong("8000-8010:80") ==
        "4:14: the range 8000-8010 is published for 80; podman needs two ranges of the same length");
  CHECK(wrong("x:80") == "4:14: 'x' is no port or range of ports (1 to 65535)");
  CHECK(wrong("80:70000") == "4:14: '70000' is no port or range of ports (1 to 65535)");
  CHECK(wrong("300.1.1.1:80:80") == "4:14: '300.1.1.1', which is no IP address, cannot be published on");
  CHECK(wrong("localhost:80:80") == "4:14: 'localhost', which is no IP address, cannot be published on");
  CHECK(wrong("80:80/icmp") == "4:14: 'icmp' is no protocol; expected tcp, udp or sctp");
}

TEST_CASE("a port may not come from a secret") {
  CHECK(wrong("${PW}:80") ==
        "4:14: the secret PW reaches services.web.ports[0] through '${PW}:80', which must be known without a "
        "key; "
        "declare it under 'variables' instead");
}

TEST_CASE("services without a network of their own publish nothing") {
  CHECK_THAT(Fixture().problems(Fixture::web("ports: [ '80:80' ]\nnetwork_mode: host")),
             Catch::Matchers::Contains("has ports, but network_mode 'host' cannot publish any"));
}

TEST_CASE("a range of ports") {
  CHECK(port_range("80")->last == 80);
  CHECK(port_range("80-90")->last == 90);
  for (const char* text : {"", "0", "65536", "90-80", "a", "1-", "-1", "1-2-3", "+5", " 5"}) {
    INFO(text);
    CHECK_FALSE(port_range(text));
  }
}

TEST_CASE("a protocol may be written in capitals") {
  const Service service =
      test::Fixture().service("ports: [ '53:53/UDP', { target: 54, published: '54', protocol: TCP } ]");
  CHECK(service.ports.at(0).protocol == "udp");
  CHECK(service.ports.at(1).protocol == "tcp");
  CHECK_FALSE(test::Fixture().problems(test::Fixture::web("ports: [ '53:53/icmp' ]")).empty());
}

}  // namespace
}  // namespace hwcsync::compose
