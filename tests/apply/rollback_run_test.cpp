#include "gitops/history/quarantine.hpp"
#include "secrets/age/age.hpp"
#include "secrets/identity/identity.hpp"
#include "src/base/fd.hpp"
#include "tests/apply/world.hpp"
#include "tests/support/catch.hpp"

namespace hwcsync::apply {
namespace {

using history::Operation;
using history::RunState;

class Past {
 public:
  Past() {
    for (const char* tag : {"1", "2", "3"}) {
      world.image("photos", std::string("docker.io/library/photos:") + tag);
      revisions.push_back(world.commit(tag));
      REQUIRE(world.apply("main").state == RunState::committed);
      stands.push_back(world.stand());
      systems.push_back(world.machine.current);
    }
  }
  history::Outcome go_back(std::optional<history::RunId> run = {}) {
    return world.apply(
        "", {.trigger = {"rollback", "eric"}, .operation = Operation::rollback, .target_run = run});
  }

  World world;
  std::vector<std::string> revisions;
  std::vector<std::string> stands;
  std::vector<std::string> systems;
};

TEST_CASE("a manual rollback goes to the run before, without building, and quarantines what it left") {
  Past past;
  const auto outcome = past.go_back();
  INFO(outcome.reason);
  REQUIRE(outcome.state == RunState::committed);
  CHECK(past.world.machine.current == past.systems[1]);
  CHECK(past.world.machine.profile == past.systems[1]);
  CHECK(past.world.deployed_revision() == past.revisions[1]);
  for (const auto& call : past.world.machine.calls) CHECK(call.rfind("start build", 0) != 0);
  const auto database = history::Database::open(past.world.state_dir());
  CHECK(history::is_quarantined(database, past.revisions[2]));
  CHECK_FALSE(history::is_quarantined(database, past.revisions[1]));
  CHECK(database.find(4)->operation == "rollback");

  // Once more: further back, not forward again.
  REQUIRE(past.go_back().state == RunState::committed);
  CHECK(past.world.deployed_revision() == past.revisions[0]);
}

TEST_CASE("a manual rollback goes to the run that is named") {
  Past past;
  REQUIRE(past.go_back(1).state == RunState::committed);
  CHECK(past.world.machine.current == past.systems[0]);
  CHECK(past.world.deployed_revision() == past.revisions[0]);
  CHECK(history::read_deployed(past.world.state_dir())->store_path == past.systems[0]);
}

TEST_CASE("a stack restarts whole for the secrets that a rollback brings back") {
  World world;
  const auto record = [&] {
    const auto run = history::RunDirectory::open(world.state_dir(), world.last);
    return record_from_json(parse_json(read_file(run.path() + "/" + kActivationFile), "the record"));
  };
  const auto owner = secrets::generate_identity();
  const auto password = [&](const std::string& value) {
    world.git.write("secrets/pw.age",
                    secrets::encrypt_age(secrets::as_bytes(value), std::vector{owner.recipient()},
                                         secrets::AgeEncoding::armored));
    world.commit(value);
    REQUIRE(world.apply("main").state == RunState::committed);
    return record();
  };
  world.git.write("stacks/photos/stack.yaml", "secrets: { pw: { source: pw.age } }\n");
  world.git.write("stacks/photos/compose.yaml",
                  "services: { web: { image: 'docker.io/library/photos:1', secrets: [pw] } }\n"
                  "secrets: { pw: { external: true } }\n");
  (void)password("one");
  const Rotation forward = password("two").rotation;
  CHECK(forward.in_place.at("photos-stack.service").services == plan::InPlace{{"web"}, {}});
  REQUIRE(world.apply("", {.trigger = {"rollback", "eric"}, .operation = Operation::rollback}).state ==
          RunState::committed);
  CHECK(record().rotation.units == forward.units);
  CHECK(record().rotation.in_place.empty());
}

TEST_CASE("a system that the garbage collector took is built again from its commit") {
  Past past;
  past.world.machine.systems.erase(past.systems[0]);
  REQUIRE(past.go_back(1).state == RunState::committed);
  CHECK(past.world.machine.current == past.systems[0]);
  CHECK(std::any_of(past.world.machine.calls.begin(), past.world.machine.calls.end(),
                    [](const auto& call) { return call.rfind("start build", 0) == 0; }));
}

TEST_CASE("there is no way back to a run that left nothing, or from nothing") {
  Past past;
  CHECK(history::exit_status(past.go_back(99)) == 5);
  World fresh;
  fresh.commit("first");
  CHECK(history::exit_status(fresh.apply("", {.operation = Operation::rollback})) == 5);
}

TEST_CASE("a rollback that a person asked for ends a halt") {
  Past past;
  past.world.machine.switch_exits = {2, 1};
  past.world.image("photos", "docker.io/library/photos:4");
  past.world.commit("4");
  REQUIRE(past.world.apply("main").state == RunState::rollback_failed);
  REQUIRE(read_halted(past.world.state_dir()).has_value());
  REQUIRE(past.go_back(3).good());
  CHECK_FALSE(read_halted(past.world.state_dir()).has_value());
  CHECK(past.world.machine.current == past.systems[2]);
}

// How many containers the health gate of the newest run looked at.
std::size_t containers_judged(const World& world) {
  return world.journal(world.last).back().detail.value("containers", std::size_t{0});
}

TEST_CASE("after a rollback that failed, back means to what is deployed, judged on every stack") {
  Past past;
  past.world.machine.switch_exits = {2, 1};
  past.world.image("photos", "docker.io/library/photos:4");
  past.world.commit("4");
  REQUIRE(past.world.apply("main").state == RunState::rollback_failed);
  REQUIRE(past.world.machine.current != past.systems[2]);
  REQUIRE(past.go_back().state == RunState::committed);
  CHECK(past.world.stand() != past.stands[1]);
  CHECK(past.world.machine.current == past.systems[2]);
  CHECK(past.world.machine.profile == past.systems[2]);
  CHECK(past.world.deployed_revision() == past.revisions[2]);
  CHECK(containers_judged(past.world) == 2);
  CHECK_FALSE(read_halted(past.world.state_dir()).has_value());
}

TEST_CASE("a rollback that is not proved does not end a halt") {
  Past past;
  past.world.machine.switch_exits = {2, 1};
  past.world.image("photos", "docker.io/library/photos:4");
  past.world.commit("4");
  REQUIRE(past.world.apply("main").state == RunState::rollback_failed);
  past.world.machine.switch_exits = {100};
  REQUIRE(past.go_back().state == RunState::staged_for_reboot);
  CHECK(read_halted(past.world.state_dir()).has_value());
}

TEST_CASE("a halted machine is switched again although the wanted system is current") {
  Past past;
  write_halted(past.world.context(), 3, "the containers did not come back");
  past.world.machine.containers.clear();
  REQUIRE(past.go_back().state == RunState::committed);
  CHECK(past.world.stand() == past.stands[2]);
}

TEST_CASE("a rollback takes back what waits for a reboot") {
  Past past;
  past.world.machine.switch_exits = {100};
  past.world.image("photos", "docker.io/library/photos:4");
  past.world.commit("4");
  REQUIRE(past.world.apply("main").state == RunState::staged_for_reboot);
  REQUIRE(past.world.machine.profile != past.systems[2]);
  REQUIRE(past.go_back().state == RunState::committed);
  CHECK(past.world.stand() == past.stands[2]);
}

}  // namespace
}  // namespace hwcsync::apply
