#include "tests/layout/fixture.hpp"

namespace hwcsync::layout {
namespace {
using Catch::Matchers::Contains;
using test::Fixture;

std::string web(const std::string& more) {
  return "services:\n  web: { image: i" + more + " }\n";
}

TEST_CASE("problems of several stacks are told together") {
  Fixture fixture("one, two");
  fixture.stack("one", web(", bild: x"));
  fixture.stack("two", web(", build: x"));
  CHECK(
      fixture.problems() ==
      "stacks/one/compose.yaml:2:20: unknown key 'bild' of a service; did you mean 'build'?\n"
      "stacks/two/compose.yaml:2:27: services.web.build is refused: hwcsync builds images only where "
      "stack.yaml says 'build: true'; say so, or build it elsewhere, push it to a registry and name it with "
      "'image'");
}

TEST_CASE("two stacks may not publish one port") {
  Fixture fixture("one, two");
  fixture.stack("one", web(", ports: [ '8000-8002:80-82' ]"));
  fixture.stack("two", web(", ports: [ '127.0.0.1:8001:80' ]"));
  CHECK(fixture.problems() ==
        "stacks/two/compose.yaml:2:20: the service 'web' of the stack 'two' publishes tcp port 8001, which "
        "'web' of the stack "
        "'one' publishes too (stacks/one/compose.yaml:2:20)");
  fixture.stack("two", web(", ports: [ '8001:80/udp' ]"));
  CHECK(fixture.problems().empty());
  fixture.stack("one", web(", ports: [ '127.0.0.1:8001:80/udp' ]"));
  fixture.stack("two", web(", ports: [ '127.0.0.2:8001:80/udp' ]"));
  CHECK(fixture.problems().empty());
}

TEST_CASE("a domain leads to one route") {
  Fixture fixture("one, two");
  const std::string compose = web(", ports: [ '127.0.0.1:80:80' ]");
  fixture.stack("one", compose, "routes: [ { domain: a.example, upstream: 80 } ]\n");
  fixture.stack("two", web(""),
                "routes: [ { domain: b.example, upstream: 80 }, { domain: a.example, upstream: 81 } ]\n");
  CHECK(fixture.problems().find("the stack 'one' has a route for 'a.example' too") != std::string::npos);
  fixture.stack("two", web(""),
                "routes: [ { domain: b.example, upstream: 80 }, { domain: b.example, upstream: 81 } ]\n");
  CHECK(fixture.problems().find("the stack 'two' has a route for 'b.example' already") != std::string::npos);
}

TEST_CASE("names of units, projects and containers are one stack's alone") {
  Fixture fixture("one, two");
  fixture.stack("one", web(", container_name: same"), "unit: u\nproject: p\n");
  fixture.stack("two", web(", container_name: same"), "unit: u\nproject: p\n");
  CHECK(fixture.problems() ==
        "stacks/two/stack.yaml:1:1: the stacks 'one' and 'two' have the same unit name 'u'\n"
        "stacks/two/stack.yaml:2:1: the stacks 'one' and 'two' have the same project name 'p'\n"
        "stacks/two/compose.yaml:2:3: the stacks 'one' and 'two' have a container of the same name 'same'");
  fixture.stack("two", web(", container_name: same"), "project: p\nuser: other\n");
  CHECK(fixture.problems().empty());
}

TEST_CASE("a container of style oci may not take a directory of /run, nor a unit the system's name") {
  Fixture fixture;
  fixture.stack("one", web(", container_name: user"), "style: oci\n");
  CHECK(fixture.problems() ==
        "stacks/one/compose.yaml:2:3: a container may not be called 'user': its unit would own /run/user and "
        "remove it on stop; "
        "set another container_name");
  fixture.stack("one", web(", container_name: user"));
  CHECK(fixture.problems().empty());
  fixture.stack("one", web(""), "unit: podman-prune\n");
  CHECK_THAT(
      fixture.problems(),
      Contains("stack.yaml:1:1: the unit name 'podman-prune' of the stack 'one' belongs to the system"));
}

TEST_CASE("what could not be rendered or started is refused when it is read, with its place") {
  struct Row {
    std::string service;
    std::string words;
    std::string style = "compose";
  };
  const std::string name(240, 'x');
  const std::vector<Row> rows{
      {"image: ''", "the service 'web' has no image"},
      {"image: 'x;reboot'", "'x;reboot' is no name of an image"},
      {"image: i, container_name: " + name, "has 240 letters; more than 200"},
      {"image: i, network_mode: brigde", "'brigde' is no network_mode; did you mean 'bridge'?"},
      {"image: i, network_mode: '-1'", "'-1' is no network_mode"},
      {"image: i, network_mode: 'service:'", "'service:' is no network_mode"},
      {"image: i, working_dir: app", "working_dir 'app' must be an absolute path"},
      {"image: i, ports: [ '999.0.0.1:80:80' ]", "'999.0.0.1', which is no IP address"},
      {"image: i, ports: [ { target: 80, published: 80, host_ip: localhost } ]",
       "'localhost', which is no IP"},
      {"image: i, volumes: [ '/a/../../etc:/x' ]", "the source '/a/../../etc' of a mount has '.' or '..'"},
      {"image: i, volumes: [ '/data:/' ]", "'/' is no place to mount"},
      {"image: i, volumes: [ '/data:/x/../..' ]", "'/' is no place to mount"},
      {"image: i, tmpfs: tmp", "the target 'tmp' must be an absolute path"},
      {"image: i, labels: { a: \"x\\0y\" }", "services.web.labels.a holds a NUL byte"},
      {"image: i, cap_add: [ KILL ], cap_drop: [ KILL ]", "capability KILL is both", "oci"},
  };
  for (const Row& row : rows) {
    INFO(row.service);
    Fixture fixture;
    fixture.stack("one", "services:\n  web: { " + row.service + " }\n", "style: " + row.style + "\n");
    CHECK_THAT(fixture.problems(), Contains("stacks/one/compose.yaml:2:"));
    CHECK_THAT(fixture.problems(), Contains(row.words));
  }
  for (const char* good :
       {"image: i, network_mode: host", "image: i, volumes: [ '/:/host:ro' ]",
        "image: i, ports: [ '[::1]:80:80', '127.0.0.1:81:81' ]", "image: i, working_dir: /app"}) {
    INFO(good);
    Fixture fixture;
    fixture.stack("one", "services:\n  web: { " + std::string(good) + " }\n");
    CHECK(fixture.problems().empty());
  }
}

TEST_CASE("what style oci cannot do is refused where it stands") {
  Fixture fixture;
  const auto told = [&](const std::string& services) {
    fixture.stack("one", "services:\n" + services, "style: oci\n");
    return fixture.problems();
  };
  CHECK_THAT(told("  db: { image: i, healthcheck: { disable: true } }\n"
                  "  web: { image: i, depends_on: { db: { condition: service_healthy } } }\n"),
             Contains("compose.yaml:2:3: another service waits for 'db' to be healthy"));
  CHECK_THAT(told("  web: { image: i, network_mode: none, ports: [ '80:80' ] }\n"),
             Contains("ports do nothing with network_mode 'none'"));
}

TEST_CASE("the name of a config is no path") {
  Fixture fixture;
  const std::string rest = "configs: { '../../x': { content: y } }\n";
  for (const std::string style : {"compose", "oci"}) {
    fixture.stack("one", web(", configs: [ { source: '../../x', target: /t } ]") + rest,
                  "style: " + style + "\n");
    CHECK_THAT(fixture.problems(), Contains("'../../x' is no name for a config or a secret"));
  }
}

TEST_CASE("a config or secret goes to a place that podman can be told") {
  Fixture fixture;
  const std::string rest = "configs: { x: { content: y } }\n";
  fixture.stack("one", web(", configs: [ { source: x, target: '/a:b' } ]") + rest, "style: oci\n");
  CHECK_THAT(fixture.problems(), Contains("'/a:b' is no place for a config or a secret in a container"));
  fixture.stack("one", web(", configs: [ { source: x, target: '/a/..' } ]") + rest);
  CHECK_THAT(fixture.problems(), Contains("'/' is no place for a config or a secret in a container"));
}

TEST_CASE("in style oci one stack makes a network, and the others join it") {
  Fixture fixture("one, two");
  const auto joined = [](const std::string& how) {
    return web(", networks: [p]") + "networks: { p: { name: proxy" + how + " } }\n";
  };
  fixture.stack("one", joined(""), "style: oci\n");
  fixture.stack("two", joined(""), "style: oci\n");
  CHECK(fixture.problems() ==
        "stacks/two/compose.yaml:1:1: the stack 'one' makes the network 'proxy' too; declare it `external: "
        "true` in "
        "all stacks but one");
  fixture.stack("two", joined(", external: true"), "style: oci\n");
  CHECK(fixture.problems().empty());
}

TEST_CASE("a stack without services is no way to stop one") {
  Fixture fixture;
  fixture.stack("one", "services: {}\n");
  CHECK_THAT(fixture.problems(),
             Contains("stacks/one/compose.yaml: declares no service; to stop a stack take"));
  fixture.stack("one", "services: { web: { image: i, profiles: [ x ] } }\n");
  CHECK_THAT(fixture.problems(), Contains("stacks/one/compose.yaml: no active profile enables any"));
}

TEST_CASE("a probe that nothing could answer is refused") {
  for (const char* probe :
       {"http: 'https://127.0.0.1/'", "http: 'localhost:80'", "http: 'http://'", "http: 'http://a:b/'",
        "http: 'http://a/ b'", "tcp: localhost", "tcp: 'a:0'", "tcp: ':80'", "tcp: 'a:80-90'"}) {
    INFO(probe);
    Fixture fixture;
    fixture.stack("one", web(""), std::string("health: { probes: [ { ") + probe + " } ] }\n");
    CHECK_THAT(fixture.problems(), Contains("stacks/one/stack.yaml:1:21: '"));
    CHECK_THAT(fixture.problems(), Contains("cannot be probed"));
  }
  Fixture fixture;
  fixture.stack("one", web(""),
                "variables: { PORT: '80' }\nhealth: { probes: [ { http: 'http://127.0.0.1:${PORT}/ping' }, "
                "{ http: 'http://[::1]:80' }, { tcp: 'db:5432' } ] }\n");
  CHECK(fixture.problems().empty());
  fixture.stack("one", web(""), "routes: [ { domain: 'a b', upstream: 80 } ]\n");
  CHECK_THAT(fixture.problems(), Contains("stack.yaml:1:13: 'a b' is no host name for Caddy"));
}

TEST_CASE("start-after names stacks of this host, by name or by unit") {
  Fixture fixture("one, two");
  fixture.stack("one", web(""), "start-after: [ two, two-stack ]\n");
  fixture.stack("two", web(""));
  CHECK(fixture.problems().empty());
  fixture.stack("one", web(""), "start-after: [ tow ]\n");
  CHECK_THAT(fixture.problems(),
             Contains("starts after 'tow', which is no stack of this host; did you mean 'two'?"));
}

TEST_CASE("an unknown host is told before any stack is read") {
  Fixture fixture;
  CHECK_THROWS_AS(load_desired_state(fixture.tree, "serve", fixture.counters), UsageError);
  CHECK(fixture.counters.stacks == 0);
}

TEST_CASE("the same tree gives the same state") {
  Fixture fixture("two, one");
  fixture.stack("one", web(", environment: { B: 1, A: 2 }"));
  fixture.stack("two", web(""));
  CHECK(write_yaml(fixture.load().stacks.at("one").project.canonical) ==
        write_yaml(fixture.load().stacks.at("one").project.canonical));
  CHECK(fixture.load().manifest_json() == fixture.load().manifest_json());
}

}  // namespace
}  // namespace hwcsync::layout
