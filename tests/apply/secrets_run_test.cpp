#include "tests/apply/world.hpp"
#include "tests/support/catch.hpp"

#include <filesystem>

namespace hwcsync::apply {
namespace {

using Catch::Matchers::Contains;
using history::RunState;

TEST_CASE("the secrets view goes back with the system") {
  World world;
  world.commit("first");
  REQUIRE(world.apply("main").good());
  const std::string before = world.machine.secrets;
  // A stack more: the manifest's host list stays, so make the generations differ by hand.
  world.machine.secrets = "earlier";
  world.machine.staged.insert("earlier");
  world.image("photos", "docker.io/library/photos:crash");
  world.commit("bad");
  CHECK(world.apply("main").state == RunState::rolled_back);
  CHECK(world.machine.secrets == "earlier");
  const auto& calls = world.machine.calls;
  CHECK(std::count(calls.begin(), calls.end(), "flip secrets") == 2);
  CHECK(before != "earlier");
}

// A good run behind it, and a commit with other secrets before it that one user does not get to see.
void prepare_unseen(World& world) {
  world.commit("first");
  REQUIRE(world.apply("main").good());
  world.machine.secrets = "earlier";
  world.machine.staged.insert("earlier");
  world.machine.unseen = {"uid 7: in the way"};
  world.image("photos", "docker.io/library/photos:2");
  world.commit("second");
  world.machine.calls.clear();
}

bool switched(const World& world) {
  return std::ranges::any_of(world.machine.calls,
                             [](const std::string& call) { return call.starts_with("start switch"); });
}

TEST_CASE("a user who does not see the new secrets stops the run before anything is switched") {
  World world;
  prepare_unseen(world);
  const std::string stand = world.stand();
  const auto outcome = world.apply("main");
  CHECK(outcome.state == RunState::failed);
  CHECK(outcome.code == "secrets-not-shown");
  CHECK(outcome.retry == history::Retry::may_help);
  CHECK_THAT(outcome.reason, Contains("cannot show the new secrets: uid 7: in the way"));
  CHECK(world.stand() == stand);
  CHECK_FALSE(switched(world));
  CHECK(world.states.back() == "failed");
  CHECK(std::ranges::count(world.states, "switching") == 0);

  // Nothing stands in its way once the view is there.
  world.machine.unseen.clear();
  CHECK(world.apply("main", {.trigger = {"push", "eric"}}).state == RunState::committed);
}

TEST_CASE("who goes back on purpose is not stopped by a user who does not see the old secrets") {
  World world;
  prepare_unseen(world);
  world.machine.unseen.clear();
  REQUIRE(world.apply("main").good());
  world.machine.secrets = "later";
  world.machine.staged.insert("later");
  world.machine.unseen = {"uid 7: in the way"};
  REQUIRE(world.apply("", {.operation = history::Operation::rollback}).state == RunState::committed);
  const auto lines = world.journal(world.last);
  CHECK(std::ranges::count_if(lines, [](const auto& line) { return line.detail.contains("not_shown"); }) ==
        1);
}

TEST_CASE("secrets that cannot be taken back stop all syncing and are not called unchanged") {
  World world;
  prepare_unseen(world);
  const auto run = world.request("main");
  auto context = world.context();
  context.on_journal = [&](const history::JournalLine& line) {
    // Asked what is shown, flipped, flipped (done); from then on nobody answers.
    if (line.state == RunState::baseline && world.machine.fate.fail_from == 0)
      world.machine.fate.fail_from = world.machine.fate.count() + 4;
  };
  const auto outcome = run_worker(context, run.id());
  CHECK(outcome.state == RunState::rollback_failed);
  CHECK_THAT(outcome.reason, Contains("cannot show the new secrets"));
  CHECK(read_halted(world.state_dir()).has_value());
  CHECK_FALSE(switched(world));
}

TEST_CASE("an interrupted run takes no secrets back from a system that somebody switched to since") {
  World world;
  prepare_unseen(world);
  world.machine.fate.kill_when = "flip secrets (done)";
  const auto run = world.request("main");
  CHECK_THROWS_AS(run_worker(world.context(), run.id()), test::Killed);
  world.machine.fate.reset();
  const std::string shown = world.machine.secrets;
  const std::string expected = GENERATE(std::string("earlier"), std::string("theirs"));
  if (expected == "theirs") world.machine.current = "/nix/store/by-hand";
  REQUIRE(recover(world.context()).size() == 1);
  CHECK(history::outcome_of(world.journal(run.id()))->code == "interrupted");
  CHECK(world.machine.secrets == (expected == "theirs" ? shown : expected));
}

TEST_CASE("a secret that cannot be decrypted names itself and fails the run") {
  World world;
  world.commit("first");
  world.machine.facts = {
      {"photos", "env", plan::Fact::undecryptable, "none of 1 identities is among 2 recipients"}};
  const auto outcome = world.apply("main");
  CHECK(outcome.state == RunState::failed);
  CHECK(outcome.code == "secret-undecryptable");
  CHECK_THAT(outcome.reason, Contains("photos env: none of 1 identities"));
  CHECK(world.machine.current == test::kFirstSystem);
}

// A run whose worker died after it began to switch, with photos' and tickets' secrets rotated. The record
// decides what recovery does, so it is enough to hand one in.
history::RunDirectory interrupted_rotation(World& world) {
  auto run = world.request("main");
  history::Journal journal(run.journal_path());
  for (const auto state : {RunState::locked, RunState::prefetched, RunState::secrets_staged,
                           RunState::rendered, RunState::built, RunState::baseline, RunState::switching}) {
    journal.append(world.clock.now(), state);
  }
  world.machine.staged.insert("rotated");
  world.machine.calls.clear();
  return run;
}

ActivationRecord rotation_record(World& world) {
  ActivationRecord record{.from = {world.machine.current, "", "", world.machine.secrets},
                          .to = {world.machine.current, world.deployed_revision(),
                                 world.ref(git::deployed_ref("server"))->hex(), "rotated"}};
  record.rotation.units = {"photos-stack.service", "tickets-stack.service"};
  record.accounts = {{"root", 0}, {"homelab", 1000}};
  record.baseline.containers = world.machine.containers;
  record.baseline.invocations = {
      {"photos-stack.service", world.machine.units["photos-stack.service"].invocation},
      {"tickets-stack.service", "another invocation"}};
  return record;
}

std::ptrdiff_t count(const World& world, const std::string& call) {
  return std::ranges::count(world.machine.calls, call);
}

TEST_CASE("consumers of a rotated secret restart once, and only where the switch did not do it") {
  World world;
  world.commit("first");
  REQUIRE(world.apply("main").good());
  const auto run = interrupted_rotation(world);
  run.write_json(kActivationFile, to_json(rotation_record(world)));
  const auto recovered = recover(world.context());
  REQUIRE(recovered.size() == 1);
  CHECK(recovered[0].outcome.state == RunState::committed);
  CHECK(count(world, "restart photos-stack.service") == 1);
  CHECK(count(world, "restart tickets-stack.service") == 0);
  CHECK(world.machine.secrets == "rotated");
}

TEST_CASE(
    "a stack of style compose is reloaded for its secrets where it runs, and restarted where it failed") {
  World world;
  world.commit("first");
  REQUIRE(world.apply("main").good());
  const auto run = interrupted_rotation(world);
  ActivationRecord record = rotation_record(world);
  record.rotation.in_place["photos-stack.service"] = {"photos", {{"web"}, {}}};
  run.write_json(kActivationFile, to_json(record));
  const std::string list = world.context().runtime_dir + "/rotated/photos";
  SECTION("it runs") {
    std::string seen;
    world.machine.on_reload = [&] { seen = read_file(list); };
    const auto recovered = recover(world.context());
    REQUIRE(recovered.size() == 1);
    CHECK(recovered[0].outcome.state == RunState::committed);
    CHECK(count(world, "reload photos-stack.service") == 1);
    CHECK(count(world, "restart photos-stack.service") == 0);
    const auto since =
        std::chrono::duration_cast<std::chrono::seconds>(world.journal(run.id()).at(6).at.time_since_epoch());
    CHECK(seen == "since " + std::to_string(since.count()) + "\nrestart web\n");
  }
  SECTION("it stands still, and is not started by a run that goes back") {
    world.machine.units["photos-stack.service"].active = "inactive";
    record.switches = false;
    record.rotation.in_place["tickets-stack.service"] = {"tickets", {{"web"}, {}}};
    record.baseline.invocations["tickets-stack.service"] =
        world.machine.units["tickets-stack.service"].invocation;
    run.write_json(kActivationFile, to_json(record));
    world.machine.on_reload = [&] { throw Error("reload", "tickets-stack.service", "it failed"); };
    const auto recovered = recover(world.context());
    CHECK(recovered.at(0).outcome.state == RunState::rolled_back);
    CHECK(count(world, "reload tickets-stack.service") == 1);
    CHECK(count(world, "restart tickets-stack.service") == 1);
    CHECK(count(world, "restart photos-stack.service") == 0);
  }
  SECTION("it failed") {
    world.machine.units["photos-stack.service"].active = "failed";
    (void)recover(world.context());
    CHECK(count(world, "reload photos-stack.service") == 0);
    CHECK(count(world, "restart photos-stack.service") == 1);
  }
  SECTION("with the new values it is not well: restarted with the old ones") {
    world.machine.on_reload = [&] { throw Error("reload", "photos-stack.service", "it failed"); };
    const auto recovered = recover(world.context());
    REQUIRE(recovered.size() == 1);
    CHECK(recovered[0].outcome.state == RunState::rolled_back);
    CHECK(count(world, "restart photos-stack.service") == 1);
    CHECK(world.machine.secrets == record.from.secrets);
  }
  CHECK_FALSE(std::filesystem::exists(list));
}

TEST_CASE("a secrets generation that is in use does not keep the other old ones") {
  World world;
  world.machine.staged = {"a-old", "b-old"};
  world.machine.in_use = {"a-old"};
  world.commit("first");
  REQUIRE(world.apply("main").good());
  CHECK(world.machine.secret_reloads == 1);
  CHECK(world.machine.staged.count("a-old") == 1);
  CHECK(world.machine.staged.count("b-old") == 0);
}

}  // namespace
}  // namespace hwcsync::apply
