#include "tests/plan/plan_story.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>

namespace hwcsync::plan {
namespace {

using Words = std::vector<std::string>;

// One of style compose and one of style oci, each with a volume, both of the same user.
class Accounts : public Story {
 public:
  Accounts() {
    const std::string text = compose_file("2.8.4") + "    volumes: ['data:/data']\nvolumes: { data: }\n";
    fixture.write("stacks/one/compose.yaml", text);
    fixture.write("stacks/two/compose.yaml", text);
    fixture.write("stacks/two/stack.yaml", "style: oci\nuser: homelab\n");
  }
  std::string with_user(const std::string& settings) {
    fixture.write("hwcsync.yaml", R"(version: 1
defaults: { style: compose, user: homelab }
hosts:
  server:
    flake: "#server"
    stacks: [one, two]
    podman: true
    users: { homelab: { )" + settings +
                                      " } }\n");
    return fixture.commit(settings);
  }
  std::string stack_two(const std::string& settings, const std::string& ports) {
    fixture.write("stacks/two/stack.yaml", settings);
    fixture.write("stacks/two/compose.yaml", compose_file("2.8.4") + "    ports: [" + ports + "]\n");
    return fixture.commit(settings);
  }
};

Words acks_of(const Plan& plan) {
  Words out;
  for (const Refusal& refusal : plan.refusals) out.push_back(refusal.ack);
  return out;
}

Words port_reasons(const Plan& plan) {
  REQUIRE(plan.changes.size() == 1);
  Words out = plan.changes[0].reasons;
  std::erase_if(out, [](const std::string& reason) { return reason.rfind("port ", 0) != 0; });
  return out;
}

TEST_CASE("another storage driver is refused where podman's things are already") {
  Accounts story;
  const std::string before = story.with_user("uid: 1000, storage: { path: /mnt/c }");
  const std::string after = story.with_user("uid: 1000, storage: { path: /mnt/c, driver: vfs }");
  const Plan plan = story.plan(before, after);
  REQUIRE(acks_of(plan) ==
          Words{"storage-driver:homelab", "volume-removed:one/data", "volume-removed:two/data"});
  CHECK(
      plan.refusals[0].message ==
      "the storage of homelab in /mnt/c was begun with the driver overlay, and podman takes no other there: "
      "name another path for vfs, take the change back, or agree once nothing is left in that place");
  const std::string elsewhere = story.with_user("uid: 1000, storage: { path: /mnt/d, driver: vfs }");
  CHECK(acks_of(story.plan(before, elsewhere)) ==
        Words{"volume-removed:one/data", "volume-removed:two/data"});
  // The place that podman takes where nobody names one.
  const std::string own = story.with_user("uid: 1000");
  const std::string named = story.with_user(
      "uid: 1000, storage: { path: /home/homelab/.local/share/containers/storage, driver: btrfs }");
  CHECK(acks_of(story.plan(own, named)).front() == "storage-driver:homelab");
}

TEST_CASE("another home of a user takes podman's place along, and with it every volume") {
  Accounts story;
  const std::string before = story.with_user("uid: 1000");
  const std::string after = story.with_user("uid: 1000, home: /srv/homelab");
  const Plan plan = story.plan(before, after);
  CHECK(acks_of(plan) == Words{"volume-removed:one/data", "volume-removed:two/data"});
  REQUIRE(plan.changes.size() == 2);
  for (const StackChange& change : plan.changes) {
    CHECK(change.action == Action::restart);
    CHECK(change.reasons ==
          Words{"home of the user /home/homelab -> /srv/homelab",
                "storage of the user /home/homelab/.local/share/containers/storage (overlay) -> "
                "/srv/homelab/.local/share/containers/storage (overlay)"});
    REQUIRE(change.services.size() == 2);
    CHECK(
        change.services[0].reasons ==
        Words{"made anew in /srv/homelab/.local/share/containers/storage, with images pulled again; what is "
              "in the old place stays there"});
  }
}

TEST_CASE("a home that is named as it was by itself is no change of any stack") {
  Accounts story;
  const std::string before = story.with_user("uid: 1000");
  const Plan plan = story.plan(before, story.with_user("uid: 1000, home: /home/homelab"));
  CHECK_FALSE(plan.refused());
  CHECK(plan.changes.empty());
}

TEST_CASE("storage that is named where it was loses nothing, and restarts the units that name it now") {
  Accounts story;
  const std::string place = "storage: { path: /home/homelab/.local/share/containers/storage }";
  const std::string before = story.with_user("uid: 1000");
  const std::string named = story.with_user("uid: 1000, " + place);
  const Plan plan = story.plan(before, named);
  CHECK_FALSE(plan.refused());
  REQUIRE(plan.changes.size() == 2);
  for (const StackChange& change : plan.changes) {
    CHECK(change.action == Action::restart);
    CHECK(change.reasons == Words{"storage of the user is named, and where it was"});
    REQUIRE(change.services.size() == 2);
    CHECK(change.services[0].reasons == Words{"with the stack's units"});
  }
  const Plan back = story.plan(named, before);
  CHECK_FALSE(back.refused());
  REQUIRE(back.changes.size() == 2);
  CHECK(back.changes[0].reasons == Words{"storage of the user is named no more, and where it was"});
  const Plan moved = story.plan(named, story.with_user("uid: 1000, home: /srv/homelab, " + place));
  CHECK_FALSE(moved.refused());
  REQUIRE(moved.changes.size() == 2);
  CHECK(moved.changes[0].reasons == Words{"home of the user /home/homelab -> /srv/homelab"});
  CHECK(moved.changes[0].action == Action::restart);
}

TEST_CASE("other ids of a user are refused until they are acknowledged, for that user") {
  Accounts story;
  const std::string before = story.with_user("uid: 1000");
  SECTION("the uid") {
    const std::string after = story.with_user("uid: 1001");
    const Plan plan = story.plan(before, after);
    REQUIRE(acks_of(plan) == Words{"ids-changed:homelab"});
    CHECK(plan.refusals[0].code == "ids-changed");
    CHECK(plan.refusals[0].message.rfind("the uid of homelab goes from 1000 to 1001: ", 0) == 0);
    CHECK(plan.refusals[0].message.find("NixOS does not change the uid") != std::string::npos);
    REQUIRE(plan.changes.size() == 2);
    for (const StackChange& change : plan.changes) {
      CHECK(change.action == Action::restart);
      CHECK(change.services.size() == 2);
    }
    CHECK_FALSE(story.plan(before, after, {"ids-changed:homelab"}).refused());
    CHECK(story.plan(before, after, {"ids-changed:other"}).refused());
  }
  SECTION("the sub-ids, which are in no unit") {
    const std::string after = story.with_user("uid: 1000, sub-ids: 200000");
    const Plan plan = story.plan(before, after);
    REQUIRE(acks_of(plan) == Words{"ids-changed:homelab"});
    CHECK(plan.refusals[0].message.rfind("the sub-ids of homelab go from 100000 to 200000: ", 0) == 0);
    CHECK(plan.refusals[0].message.find("NixOS") == std::string::npos);
    CHECK(plan.changes.empty());
  }
  SECTION("both") {
    const Plan plan = story.plan(before, story.with_user("uid: 1001, sub-ids: 200000"));
    REQUIRE(acks_of(plan) == Words{"ids-changed:homelab"});
    CHECK(plan.refusals[0].message.rfind(
              "the uid of homelab goes from 1000 to 1001 and the sub-ids from 100000 to 200000: ", 0) == 0);
  }
}

TEST_CASE("published ports that get past the host's firewall, or behind it, are told") {
  Accounts story;
  const std::string ports =
      "'5432:5432', '53:53/udp', '0.0.0.0:8000-8002:8000-8002', '127.0.0.1:9000:9000', '80'";
  const Words past{"port 5432: past the host's firewall now", "port 53/udp: past the host's firewall now",
                   "port 8000-8002: past the host's firewall now",
                   "port chosen at start for 80: past the host's firewall now"};
  const std::string users = story.stack_two("style: oci\nuser: homelab\n", ports);
  const std::string roots = story.stack_two("style: oci\n", ports);
  CHECK(port_reasons(story.plan(users, roots)) == past);
  const Words behind = port_reasons(story.plan(roots, users));
  REQUIRE(behind.size() == 4);
  CHECK(behind[0] == "port 5432: behind the host's firewall now");
  const std::string composed = story.stack_two("style: compose\n", ports);
  CHECK(port_reasons(story.plan(composed, roots)) == past);
  CHECK(port_reasons(story.plan(composed, users)).empty());
}

TEST_CASE("a stack that goes to another user with files of the host asks who owns them") {
  Accounts story;
  const auto with = [&](const std::string& user, const std::string& mount) {
    story.fixture.write("stacks/two/stack.yaml", user);
    story.fixture.write("stacks/two/compose.yaml",
                        compose_file("2.8.4") + "    volumes: ['" + mount + "']\n");
    return story.fixture.commit(user + mount);
  };
  const std::string users = with("style: oci\nuser: homelab\n", "/srv/two:/data");
  const std::string roots = with("style: oci\n", "/srv/two:/data");
  const Plan plan = story.plan(users, roots);
  REQUIRE(acks_of(plan) == Words{"owner-changed:two"});
  CHECK(plan.refusals[0].message.rfind("two goes from homelab to root, and the files below /srv/two keep",
                                       0) == 0);
  CHECK_FALSE(story.plan(users, roots, {"owner-changed:two"}).refused());
  CHECK_FALSE(story
                  .plan(with("style: oci\nuser: homelab\n", "/srv/two:/data:ro"),
                        with("style: oci\n", "/srv/two:/data:ro"))
                  .refused());
}

TEST_CASE("a mount below ~ is told when the home is another") {
  Accounts story;
  story.fixture.write("stacks/one/compose.yaml", compose_file("2.8.4") + "    volumes: ['~/data:/data']\n");
  const std::string before = story.with_user("uid: 1000");
  const std::string after = story.with_user("uid: 1000, home: /srv/homelab");
  const Plan plan = story.plan(before, after, {"volume-removed:two/data"});
  REQUIRE(acks_of(plan) == Words{"bind-moved:one"});
  CHECK(plan.refusals[0].message ==
        "one: the home of homelab is another, and with it what containers mount: /home/homelab/data -> "
        "/srv/homelab/data. The files stay in the old place; move them when the stack is stopped, or name "
        "the place "
        "without '~'");
  CHECK_FALSE(story.plan(before, after, {"volume-removed:two/data", "bind-moved:one"}).refused());
}

TEST_CASE("a volume whose user changes is asked for, also where the file calls it something else") {
  Accounts story;
  const auto with = [&](const std::string& user, const std::string& key) {
    story.fixture.write("stacks/two/stack.yaml", user);
    story.fixture.write("stacks/two/compose.yaml", compose_file("2.8.4") + "    volumes: ['" + key +
                                                       ":/data']\nvolumes: { " + key +
                                                       ": { name: photos } }\n");
    return story.fixture.commit(user + key);
  };
  const std::string users = with("style: oci\nuser: homelab\n", "data");
  const Plan plan = story.plan(users, with("style: oci\n", "files"));
  REQUIRE(acks_of(plan) == Words{"volume-removed:two/data"});
  CHECK(plan.refusals[0].message ==
        "two: volume 'data' is now photos of root and was photos of homelab: it starts empty. The data of "
        "the old one stays, but no container sees it");
  CHECK_FALSE(story.plan(users, with("style: oci\nuser: homelab\n", "files")).refused());
}

TEST_CASE("a volume of somebody else's that becomes one's own is asked for") {
  Accounts story;
  const auto with = [&](const std::string& volume) {
    story.fixture.write(
        "stacks/one/compose.yaml",
        compose_file("2.8.4") + "    volumes: ['data:/data']\nvolumes: { data: " + volume + " }\n");
    return story.fixture.commit("volume: " + volume);
  };
  const std::string external = with("{ external: true, name: photos }");
  CHECK(acks_of(story.plan(external, with(""))) == Words{"volume-removed:one/data"});
  CHECK_FALSE(story.plan(external, with("{ name: photos }")).refused());
}

TEST_CASE("a volume that a service mounts no more is refused, declared or not") {
  Accounts story;
  const auto with = [&](const std::string& mounts, const std::string& volumes) {
    story.fixture.write("stacks/one/compose.yaml", compose_file("2.8.4") + mounts + volumes);
    return story.fixture.commit(mounts + volumes);
  };
  const std::string declared = "volumes: { data: , other: }\n";
  const std::string before = with("    volumes: ['data:/data']\n", declared);
  for (const char* mounts : {"    volumes: ['/srv/data:/data']\n", "    volumes: ['other:/data']\n", ""}) {
    const Plan plan = story.plan(before, with(mounts, declared));
    INFO(mounts);
    REQUIRE(acks_of(plan) == Words{"volume-removed:one/data"});
    CHECK(plan.refusals[0].message ==
          "one: volume 'data' is no longer mounted by cache; its data stays, but cache does not see it");
  }
  // Redis does not look there.
  CHECK(acks_of(story.plan(before, with("    volumes: ['data:/elsewhere']\n", declared))) ==
        Words{"data-replaced:one/cache"});
}

// A host that runs other stacks than before, all of the user homelab.
std::string with_stacks(Accounts& story, const std::string& stacks) {
  story.fixture.write("hwcsync.yaml",
                      "version: 1\ndefaults: { user: homelab }\nhosts:\n  server:\n    flake: '#server'\n    "
                      "stacks: [" +
                          stacks + "]\n    users: { homelab: { uid: 1000 } }\n");
  return story.fixture.commit(stacks);
}

TEST_CASE(
    "a stack whose directory got another name leaves its volumes behind: refused, with the way to keep "
    "them") {
  Accounts story;
  const std::string volume = "    volumes: ['data:/data']\nvolumes: { data: }\n";
  const std::string before = with_stacks(story, "one, two");
  story.fixture.write("stacks/photos/compose.yaml", compose_file("2.9.0") + volume);
  const std::string renamed = with_stacks(story, "photos, two");
  const Plan plan = story.plan(before, renamed);
  REQUIRE(acks_of(plan) == Words{"volume-removed:photos/data"});
  CHECK(plan.refusals[0].message ==
        "one goes and photos comes with the same services. photos: volume 'data' is now photos_data of "
        "homelab and "
        "was one_data of homelab: it starts empty. The data of the old one stays, but no container sees it "
        "('project: one' in the new stack.yaml keeps the names of its volumes)");
  CHECK_FALSE(story.plan(before, renamed, {"volume-removed:photos/data"}).refused());
  CHECK(to_text(plan).find("1 of 2 stacks changes, 1 leaves;") != std::string::npos);

  story.fixture.write("stacks/photos/stack.yaml", "project: one\n");
  CHECK_FALSE(story.plan(before, story.fixture.commit("the old project")).refused());
  story.fixture.write("stacks/photos/stack.yaml", "{}\n");
  story.fixture.write("stacks/photos/compose.yaml",
                      "services:\n  cache:\n    image: docker.io/library/other:1\n" + volume);
  CHECK_FALSE(story.plan(before, story.fixture.commit("another stack altogether")).refused());
}

TEST_CASE("another NixOS release writes the units of containers of style oci with other options") {
  Accounts story;
  const auto with_release = [&](const std::string& release) {
    story.with_user("uid: 1000");
    story.fixture.write("stacks/two/stack.yaml", "style: oci\n");
    story.fixture.write(
        "hwcsync.yaml",
        "version: 1\ndefaults: { user: homelab }\nhosts:\n  server:\n    flake: '#server'\n    "
        "stacks: [one, two]\n    nixpkgs: '" +
            release + "'\n    users: { homelab: { uid: 1000 } }\n");
    return story.fixture.commit(release);
  };
  const std::string old = with_release("24.05");
  const Plan plan = story.plan(old, with_release("25.05"));
  REQUIRE(plan.changes.size() == 1);
  CHECK(plan.changes[0].stack == "two");
  CHECK(plan.changes[0].action == Action::restart);
  REQUIRE(plan.changes[0].services.size() == 2);
  CHECK(plan.changes[0].services[0].reasons == Words{"its unit is written for NixOS 25.05 instead of 24.05"});
  const std::string now = story.fixture.commit("now");
  CHECK(story.plan(now, with_release("25.11")).changes.empty());
}

}  // namespace
}  // namespace hwcsync::plan
