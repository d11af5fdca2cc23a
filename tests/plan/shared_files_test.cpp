#include "src/base/error.hpp"
#include "tests/plan/plan_story.hpp"
#include "tests/support/catch.hpp"

namespace hwcsync::plan {
namespace {

class SharedStory : public Story {
 public:
  SharedStory() {
    fixture.write("shared/base.yaml",
                  "services:\n  base:\n    image: docker.io/library/caddy:2.8.4\n    env_file: base.env\n"
                  "    volumes: [ './Caddyfile:/etc/Caddyfile' ]\n");
    fixture.write("shared/Caddyfile", ":80\n");
    fixture.write("shared/base.env", "A=1\n");
    fixture.write("shared/other.yaml", "services: {}\n");
    fixture.write("stacks/two/compose.yaml",
                  "services:\n  web: { extends: { file: ../../shared/base.yaml, service: base } }\n");
    first = fixture.commit("shared files");
  }
};

TEST_CASE("a file outside of a stack's directory that it extends is the stack's when it changes") {
  SharedStory story;
  story.fixture.write("shared/base.yaml",
                      "services:\n  base:\n    image: docker.io/library/caddy:2.9.0\n    env_file: base.env\n"
                      "    volumes: [ './Caddyfile:/etc/Caddyfile' ]\n");
  const Plan plan = story.plan(story.first, story.fixture.commit("caddy 2.9"));
  REQUIRE(plan.changes.size() == 1);
  CHECK(plan.changes[0].stack == "two");
  CHECK(plan.changes[0].services[0].reasons.front() == "image docker.io/library/caddy 2.8.4 -> 2.9.0");
  CHECK_FALSE(plan.host_change);
  CHECK(plan.paths.stack == 1);
  CHECK(plan.paths.host == 0);
  CHECK(plan.counters.stacks == 2);  // "one" says no "..", so it is not parsed
}

TEST_CASE("a file outside of the stack that a variable leads to is the stack's too") {
  SharedStory story;
  const auto use = [&](const std::string& variables, const std::string& env) {
    story.fixture.write("stacks/two/compose.yaml",
                        "services:\n  web: { image: docker.io/library/caddy:2.8.4, volumes: [ "
                        "'${SHARED}/Caddyfile:/c:ro' ] }\n");
    story.fixture.write("stacks/two/stack.yaml", variables);
    story.fixture.write("stacks/two/.env", env);
    story.fixture.write("shared/Caddyfile", ":80\n");
    const std::string before = story.fixture.commit("use");
    story.fixture.write("shared/Caddyfile", ":81\n");
    return story.plan(before, story.fixture.commit("Caddyfile"));
  };
  CHECK(use("variables: { SHARED: ../../shared }\n", "").changes.size() == 1);
  CHECK(use("{}\n", "SHARED=../../shared\n").changes.size() == 1);
}

TEST_CASE("what an extended file reads and mounts is the stack's too, and another file there is not") {
  SharedStory story;
  story.fixture.write("shared/base.env", "A=2\n");
  const std::string second = story.fixture.commit("A");
  const Plan plan = story.plan(story.first, second);
  REQUIRE(plan.changes.size() == 1);
  CHECK(plan.changes[0].services[0].reasons.front() == "environment ~ A");
  CHECK_FALSE(plan.host_change);
  story.fixture.write("shared/Caddyfile", ":81\n");
  const std::string third = story.fixture.commit("Caddyfile");
  const Plan asset = story.plan(second, third);
  REQUIRE(asset.changes.size() == 1);
  CHECK(asset.changes[0].reasons == std::vector<std::string>{"file ~ _outside/shared/Caddyfile"});
  CHECK_FALSE(asset.host_change);
  story.fixture.write("shared/other.yaml", "services: { x: { image: i } }\n");
  const Plan other = story.plan(third, story.fixture.commit("other"));
  CHECK(other.changes.empty());
  CHECK(other.host_change);
}

TEST_CASE("an extended file that goes away stops the plan at the place that names it") {
  SharedStory story;
  story.fixture.remove("shared/base.yaml");
  const std::string second = story.fixture.commit("gone");
  CHECK_THROWS_WITH(story.plan(story.first, second),
                    Catch::Matchers::Contains("stacks/two/compose.yaml:2:27: there is no file "
                                              "'../../shared/base.yaml' in the repository"));
}

TEST_CASE("a directory beside the stacks that is none of them may hold what they share") {
  Story story;
  story.fixture.write("stacks/shared/base.yaml",
                      "services: { b: { image: 'docker.io/library/caddy:2.8.4' } }\n");
  story.fixture.write(
      "stacks/two/compose.yaml",
      "include: [ sub/lib.yaml ]\nservices: { w: { image: 'docker.io/library/redis:7.2' } }\n");
  story.fixture.write("stacks/two/sub/lib.yaml",
                      "services: { x: { extends: { file: ../../shared/base.yaml, service: b } } }\n");
  const std::string second = story.fixture.commit("shared");
  story.fixture.write("stacks/shared/base.yaml",
                      "services: { b: { image: 'docker.io/library/caddy:2.9.0' } }\n");
  const Plan plan = story.plan(second, story.fixture.commit("caddy 2.9"));
  REQUIRE(plan.changes.size() == 1);
  CHECK(plan.changes[0].stack == "two");
  CHECK(plan.changes[0].services[0].service == "x");
  CHECK_FALSE(plan.host_change);
}

TEST_CASE("a changed file of a mounted directory recreates the services that mount it, and says which file") {
  Story story;
  story.fixture.write("stacks/two/compose.yaml",
                      compose_file("2.8.4") + "    volumes: [ './conf:/etc/redis:ro' ]\n");
  story.fixture.write("stacks/two/conf/a.conf", "a");
  story.fixture.write("stacks/two/conf/sub/b.conf", "b");
  const std::string first = story.fixture.commit("a directory");
  const auto change = [&](const std::string& from, const std::string& to) {
    const Plan plan = story.plan(from, to);
    REQUIRE(plan.changes.size() == 1);
    CHECK(plan.changes[0].action == Action::reload);
    REQUIRE(plan.changes[0].services.size() == 1);
    CHECK(plan.changes[0].services[0].service == "cache");
    CHECK(plan.changes[0].services[0].reasons.front() == "label ~ io.hwcsync.asset.conf");
    return plan.changes[0].reasons;
  };
  story.fixture.write("stacks/two/conf/sub/b.conf", "c");
  story.fixture.write("stacks/two/conf/README.md", "a document, and content of the container");
  const std::string second = story.fixture.commit("b, and a readme");
  CHECK(change(first, second) == std::vector<std::string>{"file + conf/README.md", "file ~ conf/sub/b.conf"});
  story.fixture.remove("stacks/two/conf/a.conf");
  const std::string third = story.fixture.commit("no a");
  CHECK(change(second, third) == std::vector<std::string>{"file - conf/a.conf"});
  story.fixture.write("stacks/two/conf/README.md", "again");
  CHECK(change(third, story.fixture.commit("the readme")) ==
        std::vector<std::string>{"file ~ conf/README.md"});
}

TEST_CASE("a directory outside of the stack that it mounts is the stack's, with what is new and gone there") {
  SharedStory story;
  story.fixture.write("shared/conf/a.conf", "a");
  story.fixture.write("shared/conf/b.conf", "b");
  story.fixture.write("stacks/two/compose.yaml",
                      compose_file("2.8.4") + "    volumes: [ '../../shared/conf:/etc/redis:ro' ]\n");
  const std::string first = story.fixture.commit("shared directory");
  story.fixture.write("shared/conf/c.conf", "c");
  const std::string second = story.fixture.commit("c");
  const Plan more = story.plan(first, second);
  REQUIRE(more.changes.size() == 1);
  CHECK(more.changes[0].reasons == std::vector<std::string>{"file + _outside/shared/conf/c.conf"});
  CHECK_FALSE(more.host_change);
  story.fixture.remove("shared/conf/b.conf");
  const Plan less = story.plan(second, story.fixture.commit("no b"));
  REQUIRE(less.changes.size() == 1);
  CHECK(less.changes[0].reasons == std::vector<std::string>{"file - _outside/shared/conf/b.conf"});
  CHECK_FALSE(less.host_change);
}

TEST_CASE("a public file below the secrets directory is the stack's that mounts its directory") {
  SharedStory story;
  story.fixture.write("secrets/open/ca.pem", "one");
  story.fixture.write("stacks/two/compose.yaml",
                      compose_file("2.8.4") + "    volumes: [ '../../secrets/open:/etc/ca:ro' ]\n");
  const std::string first = story.fixture.commit("a certificate");
  story.fixture.write("secrets/open/ca.pem", "two");
  const std::string second = story.fixture.commit("another");
  const Plan plan = story.plan(first, second);
  REQUIRE(plan.changes.size() == 1);
  CHECK(plan.changes[0].reasons == std::vector<std::string>{"file ~ _outside/secrets/open/ca.pem"});
  CHECK(plan.paths.stack == 1);
  CHECK(plan.paths.secret == 0);
  story.fixture.remove("secrets/open/ca.pem");
  story.fixture.write("secrets/open/other.pem", "two");
  CHECK(story.plan(second, story.fixture.commit("renamed")).changes.size() == 1);
}

TEST_CASE("a ciphertext below the secrets directory makes no stack be read that does not name it") {
  SharedStory story;
  const std::string cipher =
      "A=ENC[AES256_GCM,data:AAAA,iv:AAAA,tag:AAAA,type:str]\nsops_version=3.9.0\nsops_mac=ENC[AES256_GCM,"
      "data:AAAA,iv:AAAA,tag:AAAA,type:str]\n";
  story.fixture.write("secrets/x.env", cipher);
  const std::string first = story.fixture.commit("x");
  story.fixture.write("secrets/x.env", "B" + cipher);
  CHECK(story.plan(first, story.fixture.commit("y")).counters.stacks == 0);
}

TEST_CASE("a file of the host alone makes no stack be read") {
  SharedStory story;
  story.fixture.write("stacks/two/compose.yaml", compose_file("2.8.4"));
  const std::string second = story.fixture.commit("alone");
  story.fixture.write("flake.lock", "{ }");
  const Plan plan = story.plan(second, story.fixture.commit("lock"));
  CHECK(plan.host_change);
  CHECK(plan.counters.stacks == 0);
}

}  // namespace
}  // namespace hwcsync::plan
