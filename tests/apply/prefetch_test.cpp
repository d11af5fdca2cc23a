#include "gitops/apply/prefetch.hpp"

#include "tests/apply/world.hpp"
#include "tests/support/catch.hpp"

namespace hwcsync::apply {
namespace {

TEST_CASE("only images that are missing are pulled, each for its own account") {
  World world;
  const auto run = world.request("main");
  const auto context = world.context();
  RunLog log(context, run);
  world.machine.images.emplace(1000, "a");
  const ImageSet images{
      {{"homelab", 1000}, "a"}, {{"root", 0}, "a"}, {{"homelab", 1000}, "b"}, {{"root", 0}, "c"}};
  const auto result = prefetch(context, log, images);
  CHECK(result.wanted == 4);
  CHECK(result.pulled == 3);
  CHECK(world.machine.images.count({0, "a"}) == 1);
  CHECK(prefetch(context, log, images).pulled == 0);
}

TEST_CASE("what the registry refuses for good is told from what may pass") {
  World world;
  const auto run = world.request("main");
  const auto context = world.context();
  RunLog log(context, run);
  world.machine.unobtainable = {"gone"};
  try {
    (void)prefetch(context, log, {{{"root", 0}, "gone"}});
    FAIL("must throw");
  } catch (const RunFailure& e) {
    CHECK(e.retry() == history::Retry::useless);
    CHECK_THAT(e.what(), Catch::Matchers::Contains("gone for root"));
  }
  world.machine.fate.fail_from = 1;
  try {
    (void)prefetch(context, log, {{{"root", 0}, "other"}});
    FAIL("must throw");
  } catch (const RunFailure& e) {
    CHECK(e.retry() == history::Retry::may_help);
  }
}

TEST_CASE("nothing is pulled for a user that the switch will make, and the journal says so") {
  World world;
  world.machine.presence[1000] = Presence::no_user;
  world.commit("first");
  REQUIRE(world.apply("main").good());
  CHECK(world.machine.images.empty());
  for (const auto& line : world.journal(world.last)) {
    if (line.state != history::RunState::prefetched) continue;
    CHECK(line.detail["images"] == 2);
    CHECK(line.detail["pulled"] == 0);
    CHECK(line.detail["later"] == 2);
    CHECK(line.detail["absent_users"] == Json::array({"homelab"}));
  }
}

TEST_CASE("a machine without podman is told so before anything is changed") {
  World world;
  world.machine.presence = {{0, Presence::no_podman}, {1000, Presence::no_podman}};
  SECTION("and nothing brings it") {
    world.commit("first");
    const std::string before = world.stand();
    const auto outcome = world.apply("main");
    CHECK(outcome.state == history::RunState::failed);
    CHECK(outcome.code == "no-podman");
    CHECK_THAT(outcome.reason, Catch::Matchers::Contains("hosts.server.podman: true"));
    CHECK(world.stand() == before);
  }
  SECTION("unless the revision brings it") {
    world.git.write("hwcsync.yaml", std::string(World::kConfig) + "    podman: true\n");
    world.commit("first");
    CHECK(world.apply("main").good());
  }
}

TEST_CASE("a request to stop ends the pulling") {
  World world;
  const auto run = world.request("main");
  const auto context = world.context();
  RunLog log(context, run);
  run.request_cancel();
  CHECK_THROWS_AS(prefetch(context, log, {{{"root", 0}, "a"}}), Cancelled);
  CHECK(world.machine.images.empty());
}

// The stack photos makes its own image.
void let_build(World& world) {
  world.git.write("stacks/photos/stack.yaml", "build: true\n");
  world.git.write("stacks/photos/compose.yaml", "services: { web: { build: ./page } }\n");
  world.git.write("stacks/photos/page/Dockerfile", "FROM scratch\n");
}

TEST_CASE("images that the host builds are there before anything is switched, and are built once") {
  World world;
  let_build(world);
  (void)world.commit("first");
  const auto outcome = world.apply("main");
  INFO(outcome.reason);
  REQUIRE(outcome.state == history::RunState::committed);
  REQUIRE(world.machine.image_builds.size() == 1);
  const auto& unit = world.machine.image_builds[0];
  // By the script and from the files of the system that is to come.
  CHECK(unit.argv.at(2) == world.machine.current + "/etc/hwcsync/bin/build-image");
  CHECK(unit.argv.at(4).rfind(world.machine.current + "/etc/hwcsync/stacks/photos/contexts/", 0) == 0);
  CHECK(unit.environment.at("CONTAINER_HOST") == "homelab");
  const auto& calls = world.machine.calls;
  const auto at = [&](const std::string& what) {
    return std::find_if(calls.begin(), calls.end(), [&](const auto& one) { return one.rfind(what, 0) == 0; });
  };
  CHECK(at("start image") < at("start switch"));
  CHECK(at("start build") < at("start image"));

  world.image("tickets", "docker.io/library/tickets:2");
  (void)world.commit("second");
  REQUIRE(world.apply("main").state == history::RunState::committed);
  CHECK(world.machine.image_builds.size() == 1);
}

TEST_CASE("an image that cannot be built changes nothing") {
  World world;
  let_build(world);
  (void)world.commit("first");
  layout::LoadCounters counters;
  const git::Repository mirror(world.mirror());
  const auto desired = layout::load_desired_state(mirror.tree(*mirror.resolve("refs/remotes/origin/main")),
                                                  "server", counters);
  world.machine.unobtainable.insert(desired.stacks.at("photos").project.services.at("web").image);
  const auto outcome = world.apply("main");
  CHECK(outcome.state == history::RunState::failed);
  CHECK(outcome.code == "image-build");
  CHECK_THAT(outcome.reason, Catch::Matchers::Contains("the image of photos/web for homelab"));
  CHECK(world.machine.current == test::kFirstSystem);
}

TEST_CASE("the images of a user that the switch brings are built by the first start") {
  World world;
  let_build(world);
  world.machine.presence[1000] = Presence::no_user;
  (void)world.commit("first");
  (void)world.apply("main");
  CHECK(world.machine.image_builds.empty());
  CHECK(world.machine.current != test::kFirstSystem);
}

}  // namespace
}  // namespace hwcsync::apply
