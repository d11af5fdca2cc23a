#include "gitops/apply/unit_wait.hpp"
#include "tests/apply/world.hpp"
#include "tests/support/catch.hpp"

namespace hwcsync::apply {
namespace {

using Catch::Matchers::Contains;
using history::RunState;

// A machine with a good run behind it and a new commit before it.
class Switching {
 public:
  Switching() {
    world.commit("first");
    REQUIRE(world.apply("main").good());
    stand = world.stand();
    world.image("photos", "docker.io/library/photos:2");
    second = world.commit("second");
  }
  history::Outcome apply(std::vector<int> exits) {
    world.machine.switch_exits = std::move(exits);
    return world.apply("main");
  }

  World world;
  std::string stand;
  std::string second;
};

TEST_CASE("status 4 with nothing newly failed is a success") {
  Switching story;
  CHECK(story.apply({4}).state == RunState::committed);
  CHECK(story.world.deployed_revision() == story.second);
}

TEST_CASE("status 2 rolls back although the new system is live") {
  Switching story;
  const auto outcome = story.apply({2});
  CHECK(outcome.state == RunState::rolled_back);
  CHECK_THAT(outcome.reason, Contains("an activation script failed"));
  CHECK(story.world.stand() == story.stand);
}

TEST_CASE("status 1 puts the profile back") {
  Switching story;
  const auto outcome = story.apply({1});
  CHECK(outcome.state == RunState::rolled_back);
  CHECK(story.world.stand() == story.stand);
}

TEST_CASE("status 100 waits for the reboot with the old system and the old secrets") {
  Switching story;
  const auto outcome = story.apply({100});
  CHECK(outcome.state == RunState::staged_for_reboot);
  CHECK(history::exit_status(outcome) == 0);
  CHECK(story.world.deployed_revision() != story.second);
  const std::string next = story.world.machine.profile;
  CHECK(next != story.world.machine.current);
  CHECK(story.world.machine.roots.count("run-2") == 1);

  // The machine reboots into it.
  story.world.machine.current = next;
  CHECK(recover(story.world.context()).empty());
  CHECK(story.world.deployed_revision() == story.second);
  CHECK(history::read_deployed(story.world.state_dir())->store_path == next);
  CHECK(story.world.terminal_lines(2) == 1);
}

TEST_CASE("a revert of what waits for a reboot brings the boot entry back too") {
  Switching story;
  REQUIRE(story.apply({100}).state == RunState::staged_for_reboot);
  story.world.image("photos", "docker.io/library/photos:1");
  const std::string revert = story.world.commit("revert");
  const auto outcome = story.world.apply("main", {.trigger = {"push", "eric"}});
  CHECK(outcome.state == RunState::committed);
  CHECK(story.world.machine.profile == story.world.machine.current);
  CHECK(story.world.deployed_revision() == revert);
  CHECK(story.world.ref(git::generated_ref("server")) == story.world.ref(git::deployed_ref("server")));
}

TEST_CASE("a commit of documents does not end what somebody switched to by hand") {
  Switching story;
  REQUIRE(story.apply({}).good());
  const std::string by_hand = "/nix/store/by-hand";
  story.world.machine.systems[by_hand] = story.world.machine.systems[story.world.machine.current];
  story.world.machine.current = story.world.machine.profile = by_hand;
  story.world.git.write("README.md", "more\n");
  story.world.commit("documents");
  CHECK(story.world.apply("main", {.trigger = {"push", "eric"}}).state == RunState::unchanged);
  CHECK(story.world.machine.current == by_hand);

  // A person who asks gets the deployed system back, judged on all it holds.
  REQUIRE(story.world.apply("main").state == RunState::committed);
  CHECK(story.world.machine.current != by_hand);
  CHECK(story.world.journal(story.world.last).back().detail["containers"] == 2);
}

TEST_CASE("how a switch ended outlives its unit and the worker that saw it") {
  Switching story;
  story.world.machine.switch_exits = {2};
  story.world.machine.fate.kill_when = "forget switch (done)";
  const auto run = story.world.request("main");
  CHECK_THROWS_AS(run_worker(story.world.context(), run.id()), test::Killed);
  story.world.machine.fate.reset();
  REQUIRE(recover(story.world.context()).size() == 1);
  const auto outcome = history::outcome_of(story.world.journal(run.id()));
  CHECK(outcome->state == RunState::rolled_back);
  CHECK_THAT(outcome->reason, Contains("an activation script failed"));
  CHECK(story.world.stand() == story.stand);
}

TEST_CASE("status 101 goes on with the same system once") {
  Switching story;
  SECTION("and succeeds") {
    CHECK(story.apply({101}).state == RunState::committed);
    CHECK(story.world.deployed_revision() == story.second);
  }
  SECTION("and rolls back when it dies again") {
    const auto outcome = story.apply({101, 101});
    CHECK(outcome.state == RunState::rolled_back);
    CHECK_THAT(outcome.reason, Contains("died half way"));
    CHECK(story.world.stand() == story.stand);
  }
}

TEST_CASE("status 11 waits for the other switch, but not for ever") {
  Switching story;
  SECTION("it ends") {
    CHECK(story.apply({11, 11, 11}).state == RunState::committed);
  }
  SECTION("it does not end in time") {
    const auto outcome = story.apply(std::vector<int>(10, 11));
    CHECK(outcome.state == RunState::rolled_back);
    CHECK(outcome.retry == history::Retry::may_help);
    CHECK(story.world.stand() == story.stand);
    const auto database = history::Database::open(story.world.state_dir());
    CHECK(database.find(2)->transient);
  }
}

TEST_CASE("when going back fails too, syncing stops and says why") {
  Switching story;
  const auto outcome = story.apply({2, 1});
  CHECK(outcome.state == RunState::rollback_failed);
  CHECK(history::exit_status(outcome) == 4);
  CHECK_THAT(outcome.reason, Contains("an activation script failed"));
  REQUIRE(read_halted(story.world.state_dir()).has_value());
  CHECK(story.world.terminal_lines(2) == 1);

  const auto next = story.world.apply("main");
  CHECK(history::exit_status(next) == 5);
  CHECK_THAT(next.reason, Contains("syncing has stopped"));
  clear_halted(story.world.state_dir());
  CHECK(story.world.apply("main").good());
}

TEST_CASE("a remote that was reachable before must be reachable after") {
  Switching story;
  auto context = story.world.context();
  context.on_journal = [&](const history::JournalLine& line) {
    if (line.state == RunState::switched) story.world.machine.remote_trouble = "no route to host";
    if (line.state == RunState::rolling_back) story.world.machine.remote_trouble.reset();
  };
  const auto run = story.world.request("main");
  const auto outcome = run_worker(context, run.id());
  CHECK(outcome.state == RunState::rolled_back);
  CHECK_THAT(outcome.reason, Contains("no route to host"));
  CHECK(story.world.stand() == story.stand);
}

TEST_CASE("a remote that was away before is no reason to go back") {
  Switching story;
  story.world.machine.remote_trouble = "no route to host";
  CHECK(story.apply({}).state == RunState::committed);
}

TEST_CASE("a way back that is still at work is waited for before another begins") {
  Switching story;
  auto context = story.world.context();
  context.on_journal = [](const history::JournalLine& line) {
    if (line.state == RunState::rolling_back) throw test::Killed{};
  };
  story.world.machine.switch_exits = {2};
  const auto run = story.world.request("main");
  CHECK_THROWS_AS(run_worker(context, run.id()), test::Killed);
  const std::string unit = "hwcsync-rollback-" + std::to_string(run.id()) + ".service";
  story.world.machine.transient[unit] = {
      .name = unit, .active = "activating", .sub = "start", .invocation = "x"};
  int looks = 0;
  story.world.clock.on_sleep = [&] {
    auto& status = story.world.machine.transient[unit];
    if (++looks == 100)
      status = {.name = unit, .active = "active", .sub = "exited", .invocation = "x", .exited = true};
  };
  REQUIRE(recover(story.world.context()).size() == 1);
  CHECK(looks >= 100);
  CHECK(history::outcome_of(story.world.journal(run.id()))->state == RunState::rolled_back);
  CHECK(story.world.stand() == story.stand);
}

TEST_CASE("a switch that is past its deadline is left alone, a build is stopped") {
  World world;
  const std::string unit = "hwcsync-switch-1.service";
  world.machine.transient[unit] = {.name = unit, .active = "activating", .sub = "start", .invocation = "x"};
  const auto wait = [&](Overdue overdue) {
    return wait_for_unit(world.context(), unit, std::chrono::seconds(5), overdue).kind;
  };
  CHECK(wait(Overdue::left_alone) == UnitEnd::Kind::timed_out);
  CHECK(world.machine.transient.count(unit) == 1);
  CHECK(wait(Overdue::stopped) == UnitEnd::Kind::timed_out);
  CHECK(world.machine.transient.count(unit) == 0);
}

}  // namespace
}  // namespace hwcsync::apply
