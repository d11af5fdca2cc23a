#include "gitops/plan/plan.hpp"

#include "src/base/error.hpp"
#include "tests/plan/plan_story.hpp"
#include "tests/support/catch.hpp"

namespace hwcsync::plan {
namespace {

TEST_CASE("a changed image names exactly the changed service and reads only its stack") {
  Story story;
  story.fixture.write("stacks/two/compose.yaml", compose_file("2.9.0"));
  const Plan plan = story.plan(story.first, story.fixture.commit("caddy 2.9"));
  REQUIRE(plan.changes.size() == 1);
  CHECK(plan.changes[0].stack == "two");
  CHECK(plan.changes[0].action == Action::reload);
  REQUIRE(plan.changes[0].services.size() == 1);
  CHECK(plan.changes[0].services[0].service == "web");
  CHECK(plan.changes[0].services[0].reasons.front() == "image docker.io/library/caddy 2.8.4 -> 2.9.0");
  CHECK(plan.counters.stacks == 2);  // stack "two" on both sides
  CHECK_FALSE(plan.host_change);
}

TEST_CASE("a commit of nothing but documents gives an empty plan and parses no stack") {
  Story story;
  story.fixture.write("README.md", "hello again\n");
  const Plan plan = story.plan(story.first, story.fixture.commit("words"));
  CHECK_FALSE(plan.needs_run());
  CHECK(plan.counters.stacks == 0);
  CHECK(to_text(plan).find("nothing to do (1 commit of documents only)") != std::string::npos);
}

TEST_CASE("a comment in a Compose file changes nothing") {
  Story story;
  story.fixture.write("stacks/two/compose.yaml", "# why\n" + compose_file("2.8.4"));
  CHECK_FALSE(story.plan(story.first, story.fixture.commit("a comment")).needs_run());
}

TEST_CASE("flake.lock is a change of the host") {
  Story story;
  story.fixture.write("flake.lock", "{ }");
  const Plan plan = story.plan(story.first, story.fixture.commit("update"));
  CHECK(plan.host_change);
  CHECK(plan.host_paths == std::vector<std::string>{"flake.lock"});
  CHECK(plan.needs_run());
  CHECK(to_json(plan)["host_change"] == true);
}

TEST_CASE("what changes a module and recreates no container is a change of the plan all the same") {
  Story story;
  const auto planned = [&](const std::string& path, const std::string& content) {
    story.fixture.write(path, content);
    return story.plan(story.first, story.fixture.commit(path));
  };
  SECTION("start order") {
    const Plan plan = planned("stacks/two/compose.yaml", compose_file("2.8.4") + "    depends_on: [web]\n");
    REQUIRE(plan.changes.size() == 1);
    CHECK(plan.changes[0].action == Action::reload);
    CHECK(plan.changes[0].reasons == std::vector<std::string>{"start order of cache: + web"});
  }
  SECTION("pull policy") {
    const Plan plan = planned("stacks/two/compose.yaml", compose_file("2.8.4") + "    pull_policy: always\n");
    REQUIRE(plan.changes.size() == 1);
    CHECK(plan.changes[0].reasons == std::vector<std::string>{"pull policy of cache (none) -> always"});
  }
  SECTION("health timeout") {
    const Plan plan = planned("stacks/two/stack.yaml", "health: { timeout: 500s }\n");
    REQUIRE(plan.changes.size() == 1);
    CHECK(plan.changes[0].reasons == std::vector<std::string>{"health timeout 120s -> 500s"});
  }
  SECTION("mounts that come on demand") {
    const Plan plan = planned("stacks/two/stack.yaml", "mounts: { on-demand: [/mnt/mum] }\n");
    REQUIRE(plan.changes.size() == 1);
    CHECK(plan.changes[0].reasons == std::vector<std::string>{"on-demand mounts (none) -> /mnt/mum"});
  }
  SECTION("a directory that is prepared no more, or otherwise") {
    const auto stack_yaml = [&](const std::string& text) {
      return planned("stacks/two/stack.yaml", "prepare: { directories: [ " + text + " ] }\n");
    };
    const Plan more = stack_yaml("{ path: /srv/two, owner: '1:1' }");
    CHECK(more.directories == std::vector<std::string>{"/srv/two (1:1)"});
    const std::string with = story.fixture.head();
    stack_yaml("{ path: /srv/two, owner: '2:2', mode: '0700' }");
    const Plan other = story.plan(with, story.fixture.head());
    REQUIRE(other.changes.size() == 1);
    CHECK(other.changes[0].reasons == std::vector<std::string>{"directory /srv/two: owner 1:1 -> 2:2",
                                                               "directory /srv/two: mode 0755 -> 0700"});
    const Plan less = story.plan(with, story.first);
    REQUIRE(less.changes.size() == 1);
    CHECK(less.changes[0].reasons ==
          std::vector<std::string>{"no longer prepares directory /srv/two, which stays as it is"});
  }
  SECTION("the sub-ids of a user") {
    std::string config = kConfig;
    config.replace(config.find("100000"), 6, "200000");
    CHECK(planned("hwcsync.yaml", config).host_change);
  }
}

TEST_CASE("stacks are created and removed by the host's list") {
  Story story;
  std::string config = kConfig;
  config.replace(config.find("[one, two]"), 10, "[one]");
  story.fixture.write("hwcsync.yaml", config);
  const std::string second = story.fixture.commit("without two");
  const Plan removal = story.plan(story.first, second);
  REQUIRE(removal.changes.size() == 1);
  CHECK(removal.changes[0].action == Action::remove);
  const Plan creation = story.plan(second, story.first);
  REQUIRE(creation.changes.size() == 1);
  CHECK(creation.changes[0].action == Action::create);
}

TEST_CASE("a variable of hwcsync.yaml touches the stacks that use it, and no other") {
  Story story;
  story.fixture.write("stacks/one/compose.yaml",
                      compose_file("2.8.4") + "    volumes: [\"${DATA_ROOT}/one:/data\"]\n");
  const std::string second = story.fixture.commit("data");
  std::string config = kConfig;
  config.replace(config.find("/mnt/docker"), 11, "/srv/docker");
  story.fixture.write("hwcsync.yaml", config);
  const Plan plan = story.plan(second, story.fixture.commit("moved"));
  REQUIRE(plan.changes.size() == 1);
  CHECK(plan.changes[0].stack == "one");
}

TEST_CASE("an emptied list of stacks is refused until it is acknowledged") {
  Story story;
  std::string config = kConfig;
  config.replace(config.find("[one, two]"), 10, "[]");
  story.fixture.write("hwcsync.yaml", config);
  const std::string second = story.fixture.commit("oops");
  const Plan plan = story.plan(story.first, second);
  REQUIRE(plan.refusals.size() == 1);
  CHECK(plan.refusals[0].code == "everything-vanished");
  CHECK_FALSE(story.plan(story.first, second, {"everything-vanished"}).refused());
}

TEST_CASE("a plan for another machine is refused") {
  Story story;
  const git::Repository repository(story.fixture.bare());
  Inputs inputs;
  inputs.repository = &repository;
  inputs.host = "server";
  inputs.to = git::ObjectId::parse(story.first);
  inputs.machine = "laptop";
  const Plan plan = make_plan(inputs);
  REQUIRE(plan.refusals.size() == 1);
  CHECK(plan.refusals[0].code == "other-machine");
}

TEST_CASE("a base that no longer parses does not stop a plan") {
  Story story;
  story.fixture.write("stacks/two/compose.yaml", "services: [\n");
  const std::string broken = story.fixture.commit("broken");
  story.fixture.write("stacks/two/compose.yaml", compose_file("2.8.4"));
  const std::string repaired = story.fixture.commit("repaired");
  const Plan plan = story.plan(broken, repaired);
  REQUIRE(plan.changes.size() == 1);
  CHECK(plan.changes[0].action == Action::restart);
  CHECK_THROWS_AS(story.plan(story.first, broken), ConfigError);
}

TEST_CASE("what was deployed is compared by what it says, whatever a newer program finds wrong with it") {
  Story story;
  const auto with = [&](const std::string& user, const std::string& stacks) {
    story.fixture.write(
        "hwcsync.yaml",
        "version: 1\ndefaults: { user: homelab }\nhosts:\n  server:\n    flake: '#server'\n    podman: "
        "true\n    stacks: [" +
            stacks + "]\n    users: { homelab: { uid: 1000" + user + " } }\n");
    return story.fixture.commit("stacks: " + user + stacks);
  };
  const std::string before = with(", storage: { path: /var/lib/containers/homelab }", "one, two");
  const Plan plan = story.plan(before, with(", storage: { path: /srv/podman }", "one"));
  REQUIRE(plan.changes.size() == 2);
  CHECK(plan.changes[0].action == Action::restart);
  CHECK(plan.changes[1].action == Action::remove);
  const Plan gone = story.plan(before, with("", ""));
  REQUIRE_FALSE(gone.refusals.empty());
  CHECK(gone.refusals[0].code == "everything-vanished");
}

TEST_CASE("the same input gives the same plan id, another revision another") {
  Story story;
  story.fixture.write("stacks/two/compose.yaml", compose_file("2.9.0"));
  const std::string second = story.fixture.commit("caddy 2.9");
  CHECK(story.plan(story.first, second).id == story.plan(story.first, second).id);
  CHECK(story.plan(story.first, second).id != story.plan(second, story.first).id);
}

// Stack "two" extends a file outside of its directory, which includes nothing but has an env file beside it.
TEST_CASE("what two stacks cannot share is refused by the plan, at the place that says so") {
  Story story;
  const std::string ports = "    ports: ['8080:80']\n";
  story.fixture.write("stacks/one/compose.yaml", compose_file("2.8.4") + ports);
  const std::string second = story.fixture.commit("a port");
  const auto refusals = [&](const std::string& path, const std::string& content) {
    story.fixture.write(path, content);
    return story.plan(second, story.fixture.commit(path)).refusals;
  };
  SECTION("a published port") {
    const auto found =
        refusals("stacks/two/compose.yaml", compose_file("2.8.4") + "    ports: ['8079-8081:79-81']\n");
    REQUIRE(found.size() == 1);
    CHECK(found[0].code == "conflict");
    CHECK(found[0].message.find("publishes tcp port 8080, which 'cache' of the stack 'two'") !=
          std::string::npos);
    CHECK(found[0].ack.empty());
  }
  SECTION("the name of a container") {
    const auto found =
        refusals("stacks/two/compose.yaml", compose_file("2.8.4") + "    container_name: one-web-1\n");
    REQUIRE(found.size() == 1);
    CHECK(found[0].message.find("container of the same name 'one-web-1'") != std::string::npos);
  }
  SECTION("the name of a unit") {
    const auto found = refusals("stacks/two/stack.yaml", "unit: one-stack\n");
    REQUIRE(found.size() == 1);
    CHECK(found[0].message.find("same unit name 'one-stack'") != std::string::npos);
  }
  SECTION("a second service of one stack with a port that the first has") {
    std::string twice = compose_file("2.8.4") + ports;
    twice.insert(twice.find("  cache:"), ports);
    const auto found = refusals("stacks/one/compose.yaml", twice);
    REQUIRE(found.size() == 1);
    CHECK(found[0].code == "conflict");
  }
  SECTION("a stack that goes, after which another starts") {
    story.fixture.write("stacks/one/stack.yaml", "start-after: [two]\n");
    const std::string third = story.fixture.commit("order");
    std::string config = kConfig;
    config.replace(config.find("[one, two]"), 10, "[one]");
    story.fixture.write("hwcsync.yaml", config);
    const Plan plan = story.plan(third, story.fixture.commit("without two"));
    REQUIRE(plan.refusals.size() == 1);
    CHECK(plan.refusals[0].message.find("starts after 'two', which is no stack") != std::string::npos);
  }
}

TEST_CASE("other stacks are read only for a port or a name that is new") {
  Story story;
  story.fixture.write("stacks/two/compose.yaml", compose_file("2.8.4") + "    ports: ['8080:80']\n");
  const std::string second = story.fixture.commit("a port");
  const Plan port = story.plan(story.first, second);
  CHECK_FALSE(port.refused());
  CHECK(port.counters.stacks == 3);
  story.fixture.write("stacks/two/compose.yaml", compose_file("2.9.0") + "    ports: ['8080:81']\n");
  CHECK(story.plan(second, story.fixture.commit("caddy 2.9")).counters.stacks == 2);
}

// Stack "two" in style oci, with a network and a volume of its own.
std::string oci_file(const std::string& network, const std::string& volume) {
  return "services:\n  web:\n    image: docker.io/library/caddy:2.8.4\n    networks: [front]\n"
         "    volumes: ['data:/data']\n  cache:\n    image: docker.io/library/redis:7.2\n"
         "networks: { front: { " +
         network + " } }\nvolumes: { data: { " + volume + " } }\n";
}

TEST_CASE("a changed network of style oci restarts the containers on it and no other") {
  Story story;
  const auto subnet = [](const std::string& text) {
    return "ipam: { config: [ { subnet: " + text + " } ] }";
  };
  story.fixture.write("stacks/two/stack.yaml", "style: oci\n");
  story.fixture.write("stacks/two/compose.yaml", oci_file(subnet("10.1.0.0/24"), ""));
  const std::string second = story.fixture.commit("oci");
  story.fixture.write("stacks/two/compose.yaml", oci_file(subnet("10.2.0.0/24"), ""));
  const Plan plan = story.plan(second, story.fixture.commit("subnet"));
  REQUIRE(plan.changes.size() == 1);
  CHECK(plan.changes[0].action == Action::restart);
  CHECK(plan.changes[0].reasons ==
        std::vector<std::string>{"network front: subnet 10.1.0.0/24 -> 10.2.0.0/24"});
  REQUIRE(plan.changes[0].services.size() == 1);
  CHECK(plan.changes[0].services[0].service == "web");
  CHECK(plan.changes[0].services[0].reasons == std::vector<std::string>{"network front is made anew"});
  CHECK(plan.containers_restarted == 1);
  CHECK_FALSE(plan.refused());
}

TEST_CASE("a network that is made anew takes along who joins it from another stack") {
  Story story;
  for (const char* name : {"one", "two"})
    story.fixture.write(std::string("stacks/") + name + "/stack.yaml", "style: oci\n");
  story.fixture.write(
      "stacks/two/compose.yaml",
      "services:\n  web: { image: 'docker.io/library/caddy:2.8.4', networks: [ front ] }\n  alone: { image: "
      "'docker.io/library/caddy:2.8.4' }\nnetworks: { front: { external: true, name: one_front } }\n");
  const auto with = [&](const std::string& subnet) {
    story.fixture.write(
        "stacks/one/compose.yaml",
        "services: { web: { image: 'docker.io/library/caddy:2.8.4', networks: [ front ] } }\nnetworks: { "
        "front: { ipam: { config: [ { subnet: " +
            subnet + " } ] } } }\n");
    return story.fixture.commit(subnet);
  };
  const std::string before = with("10.1.0.0/24");
  const Plan plan = story.plan(before, with("10.2.0.0/24"));
  REQUIRE(plan.changes.size() == 2);
  CHECK(plan.changes[1].stack == "two");
  CHECK(plan.changes[1].action == Action::restart);
  REQUIRE(plan.changes[1].services.size() == 1);
  CHECK(plan.changes[1].services[0].reasons ==
        std::vector<std::string>{"network one_front is made anew by one"});
}

TEST_CASE("another storage of a user makes everything of that user anew, and empties its volumes") {
  Story story;
  const std::string with = R"(version: 1
defaults: { style: compose, user: homelab }
hosts:
  server:
    flake: "#server"
    stacks: [one, two]
    podman: true
    users: { homelab: { uid: 1000, storage: { path: /mnt/containers } } }
)";
  const std::string plain =
      std::string(with).replace(with.find(", storage: { path: /mnt/containers }"), 36, "");
  story.fixture.write("hwcsync.yaml", plain);
  story.fixture.write("stacks/two/stack.yaml", "style: oci\nuser: homelab\n");
  story.fixture.write("stacks/two/compose.yaml", oci_file("", ""));
  const std::string before = story.fixture.commit("own place");
  story.fixture.write("hwcsync.yaml", with);
  const std::string after = story.fixture.commit("another place");
  const Plan plan = story.plan(before, after);
  REQUIRE(plan.changes.size() == 2);
  for (const StackChange& change : plan.changes) {
    CHECK(change.action == Action::restart);
    CHECK(change.reasons ==
          std::vector<std::string>{"storage of the user /home/homelab/.local/share/containers/storage "
                                   "(overlay) -> /mnt/containers (overlay)"});
    REQUIRE(change.services.size() == 2);
    CHECK(change.services[0].reasons ==
          std::vector<std::string>{"made anew in /mnt/containers, with images pulled again; what is in "
                                   "the old place stays there"});
  }
  REQUIRE(plan.refusals.size() == 1);
  CHECK(
      plan.refusals[0].message ==
      "two: volume 'data' starts empty, because the storage of homelab goes from "
      "/home/homelab/.local/share/containers/storage (overlay) to /mnt/containers (overlay). The data of the "
      "old one stays in the old place, but no container sees it");
  CHECK_FALSE(story.plan(before, after, {"volume-removed:two/data"}).refused());
  const Plan back = story.plan(after, before, {"volume-removed:two/data"});
  REQUIRE(back.refusals.size() == 1);
  CHECK(back.refusals[0].code == "storage-forgotten");
  CHECK(back.refusals[0].message.find("storage: { path: /home/homelab/.local/share/containers/storage }") !=
        std::string::npos);
}

TEST_CASE("containers of style oci that become a user's are made anew") {
  Story story;
  story.fixture.write("stacks/two/stack.yaml", "style: oci\n");
  const std::string before = story.fixture.commit("root's");
  story.fixture.write("stacks/two/stack.yaml", "style: oci\nuser: homelab\n");
  const Plan plan = story.plan(before, story.fixture.commit("homelab's"));
  REQUIRE(plan.changes.size() == 1);
  CHECK(plan.changes[0].action == Action::restart);
  REQUIRE(plan.changes[0].services.size() == 2);
  CHECK(plan.changes[0].services[0].reasons == std::vector<std::string>{"made anew in the store of homelab"});
}

TEST_CASE("a volume of style oci with other settings is refused, with the way out") {
  Story story;
  story.fixture.write("stacks/two/stack.yaml", "style: oci\n");
  story.fixture.write("stacks/two/compose.yaml", oci_file("", "driver_opts: { type: tmpfs, device: a }"));
  const std::string second = story.fixture.commit("oci");
  const auto changed = [&](const std::string& volume) {
    story.fixture.write("stacks/two/compose.yaml", oci_file("", volume));
    return story.fixture.commit("volume");
  };
  SECTION("other options") {
    const std::string third = changed("driver_opts: { type: tmpfs, device: b }");
    const Plan plan = story.plan(second, third);
    REQUIRE(plan.refusals.size() == 1);
    CHECK(plan.refusals[0].code == "volume-changed");
    CHECK(plan.refusals[0].message.find("podman volume rm two_data") != std::string::npos);
    CHECK(plan.changes[0].reasons == std::vector<std::string>{"volume data: options"});
    CHECK_FALSE(story.plan(second, third, {"volume-changed:two/data"}).refused());
  }
  SECTION("another name is another volume, which its containers are made anew for") {
    const std::string one = changed("name: one");
    const std::string third = changed("name: other");
    REQUIRE(story.plan(one, third).refusals.size() == 1);
    CHECK(story.plan(one, third).refusals[0].message ==
          "two: volume 'data' is now other of root and was one of root: it starts empty. The data of the "
          "old one stays, but no container sees it");
    const Plan plan = story.plan(one, third, {"volume-removed:two/data"});
    CHECK_FALSE(plan.refused());
    REQUIRE(plan.changes[0].services.size() == 1);
    CHECK(plan.changes[0].services[0].reasons == std::vector<std::string>{"volume data is now other"});
  }
  SECTION("the same driver in other words is no change") {
    CHECK_FALSE(
        story.plan(second, changed("driver: local, driver_opts: { type: tmpfs, device: a }")).refused());
  }
}

TEST_CASE("a database whose tag tells no version, or whose service got another name, is asked for too") {
  Story story;
  const auto with = [&](const std::string& name, const std::string& image) {
    story.fixture.write("stacks/two/compose.yaml", "services: { " + name + ": { image: '" + image +
                                                       "', volumes: [ 'pg:/d' ] } }\nvolumes: { pg: }\n");
    return story.fixture.commit(name + image);
  };
  const std::string before = with("db", "docker.io/library/postgres:16");
  const auto asked = [&](const std::string& to) {
    const Plan plan = story.plan(before, to);
    return plan.refusals.empty() ? "" : plan.refusals[0].message;
  };
  CHECK(asked(with("db", "docker.io/library/postgres:latest")) ==
        "two/db: the database goes from postgres 16 to postgres of a version that its image does not tell, "
        "and its data "
        "files may "
        "not be readable by both");
  CHECK(asked(with("base", "docker.io/library/postgres:17"))
            .rfind("two/base: the database goes from postgres 16 to", 0) == 0);
  CHECK(asked(with("db", "docker.io/pgvector/pgvector:pg17"))
            .rfind("two/db: the database goes from postgres 16 to", 0) == 0);
  CHECK(asked(with("db", "docker.io/library/postgres:16.4")).empty());
}

TEST_CASE("an image that the host will build is told, and only where there is something to build") {
  Story story;
  const auto compose = [](const std::string& more) {
    return "services:\n  page: { build: ./page" + more +
           " }\n  cache: { image: 'docker.io/library/redis:7.2' }\n";
  };
  story.fixture.write("stacks/two/stack.yaml", "build: true\n");
  story.fixture.write("stacks/two/compose.yaml", compose(""));
  story.fixture.write("stacks/two/page/Dockerfile", "FROM docker.io/library/caddy:2.8.4\n");
  const std::string second = story.fixture.commit("a page");
  const Plan first = story.plan(story.first, second);
  CHECK(first.builds == std::vector<std::string>{"two/page"});
  CHECK(to_text(first).find("1 image to build") != std::string::npos);
  CHECK(to_text(first).find("two/page: before the switch") != std::string::npos);
  CHECK(to_json(first)["summary"]["builds"] == Json::array({"two/page"}));
  story.fixture.write("stacks/two/compose.yaml", compose(", hostname: page"));
  const std::string third = story.fixture.commit("a name");
  CHECK(story.plan(second, third).builds.empty());
  CHECK(to_text(story.plan(second, third)).find("directories") == std::string::npos);
  story.fixture.write("stacks/two/page/index.html", "hello");
  CHECK(story.plan(third, story.fixture.commit("content")).builds == std::vector<std::string>{"two/page"});
}

TEST_CASE("ports are opened only where the host has a firewall, and none that is proxied") {
  Story story;
  story.fixture.write("stacks/two/stack.yaml", "firewall: { tcp: [80, 81], proxied: [81] }\n");
  const std::string second = story.fixture.commit("ports");
  const Plan without = story.plan(story.first, second);
  CHECK(without.ports_opened.empty());
  CHECK(without.changes.empty());
  std::string config = kConfig;
  config += "    firewall: true\n";
  story.fixture.write("hwcsync.yaml", config);
  const std::string third = story.fixture.commit("firewall");
  const Plan with = story.plan(second, third);
  CHECK(with.ports_opened == std::vector<std::int64_t>{80});
  REQUIRE(with.changes.size() == 1);
  CHECK(with.changes[0].action == Action::unit);
  CHECK(with.changes[0].reasons == std::vector<std::string>{"opens tcp 80"});
  CHECK(story.plan(third, second).ports_closed == std::vector<std::int64_t>{80});
}

TEST_CASE("another password of a route is a change of the plan") {
  Story story;
  const auto route = [](const std::string& last) {
    return "routes: [ { domain: a.example.net, upstream: 80, basic-auth: { eve: "
           "\"$2a$14$1234567890123456789012345678901234567890123456789012" +
           last + "\" } } ]\n";
  };
  story.fixture.write("stacks/two/stack.yaml", route("3"));
  const std::string second = story.fixture.commit("route");
  story.fixture.write("stacks/two/stack.yaml", route("4"));
  const Plan plan = story.plan(second, story.fixture.commit("password"));
  REQUIRE(plan.changes.size() == 1);
  CHECK(plan.changes[0].reasons == std::vector<std::string>{"route a.example.net: basic-auth ~ eve"});
}

}  // namespace
}  // namespace hwcsync::plan
