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
  CHECK(fixture.problems() ==
        "stacks/one/compose.yaml:2:20: unknown key 'bild' of a service; did you mean 'build'?\n"
        "stacks/two/compose.yaml:2:20: 'build' of a service is not supported by this version yet");
}

TEST_CASE("two stacks may not publish one port") {
  Fixture fixture("one, two");
  fixture.stack("one", web(", ports: [ '8000-8002:80-82' ]"));
  fixture.stack("two", web(", ports: [ '127.0.0.1:8001:80' ]"));
  CHECK(fixture.problems() ==
        "stacks/two/compose.yaml:2:3: the service 'web' of the stack 'two' publishes tcp port 8001, which "
        "'web' of the stack "
        "'one' publishes too (stacks/one/compose.yaml:2:3)");
  fixture.stack("two", web(", ports: [ '8001:80/udp' ]"));
  CHECK(fixture.problems().empty());
  fixture.stack("one", web(", ports: [ '127.0.0.1:8001:80/udp' ]"));
  fixture.stack("two", web(", ports: [ '127.0.0.2:8001:80/udp' ]"));
  CHECK(fixture.problems().empty());
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
