#include "gitops/nix/marker.hpp"
#include "src/base/fd.hpp"
#include "src/base/file_lock.hpp"
#include "tests/apply/world.hpp"
#include "tests/support/catch.hpp"

namespace hwcsync::apply {
namespace {

using Catch::Matchers::Contains;
using history::RunState;

std::vector<std::string> without_repeats(std::vector<std::string> states) {
  states.erase(std::unique(states.begin(), states.end()), states.end());
  return states;
}

std::size_t position(const std::vector<std::string>& calls, const std::string& what) {
  const auto found =
      std::find_if(calls.begin(), calls.end(), [&](const auto& one) { return one.rfind(what, 0) == 0; });
  CAPTURE(what, calls);
  REQUIRE(found != calls.end());
  return static_cast<std::size_t>(found - calls.begin());
}

TEST_CASE("a first commit becomes a running system, step by step") {
  World world;
  const std::string first = world.commit("first");
  const auto outcome = world.apply("main", {.trigger = {"push", "eric"}});
  INFO(outcome.reason);
  REQUIRE(outcome.state == RunState::committed);
  CHECK(history::exit_status(outcome) == 0);
  CHECK(without_repeats(world.states) ==
        std::vector<std::string>{"locked", "prefetched", "secrets-staged", "rendered", "built", "baseline",
                                 "switching", "switched", "restarting", "verifying", "committed"});
  CHECK(world.machine.current != test::kFirstSystem);
  CHECK(world.machine.profile == world.machine.current);
  CHECK(world.machine.containers.size() == 2);
  CHECK(world.deployed_revision() == first);
  CHECK(world.ref(git::generated_ref("server")) == world.ref(git::deployed_ref("server")));
  const auto deployed = history::read_deployed(world.state_dir());
  REQUIRE(deployed.has_value());
  CHECK(deployed->revision == first);
  CHECK(deployed->store_path == world.machine.current);
  CHECK(deployed->secrets_generation == world.machine.secrets);
  CHECK(world.machine.roots.at("run-1") == world.machine.current);
  const auto row = world.row(1);
  CHECK(row.state == "committed");
  CHECK(row.summary == "first");
  CHECK(row.who == "eric");
  // Nothing is pulled, staged or built once the switch has begun, and the view flips right before it.
  const auto& calls = world.machine.calls;
  const auto start = position(calls, "start switch");
  CHECK(position(calls, "pull docker.io/library/photos:1") < position(calls, "stage secrets"));
  CHECK(position(calls, "stage secrets") < position(calls, "start build"));
  CHECK(position(calls, "flip secrets") == start - 1);
}

TEST_CASE("an image change touches its own stack and keeps the other container") {
  World world;
  world.commit("first");
  REQUIRE(world.apply("main").good());
  world.image("photos", "docker.io/library/photos:2");
  const std::string second = world.commit("photos 2");
  const auto outcome = world.apply("main");
  REQUIRE(outcome.state == RunState::committed);
  CHECK(world.deployed_revision() == second);
  const auto record =
      record_from_json(*history::RunDirectory::open(world.state_dir(), 2).read_json(kActivationFile));
  REQUIRE(record.touched.size() == 1);
  CHECK(record.touched[0].name == "photos");
  CHECK(std::count(world.machine.calls.begin(), world.machine.calls.end(),
                   "pull docker.io/library/photos:2") == 1);
  CHECK(std::count(world.machine.calls.begin(), world.machine.calls.end(),
                   "pull docker.io/library/tickets:1") == 0);
}

TEST_CASE("a commit of documents moves the deployed ref and nothing else") {
  World world;
  world.commit("first");
  REQUIRE(world.apply("main").good());
  const std::string before = world.machine.current;
  const auto modules = [&] {
    const git::Repository repository(world.mirror());
    return *repository.tree(*repository.read_ref(git::deployed_ref("server")))
                .read("generated/hwcsync/server/default.nix");
  };
  const std::string rendered = modules();
  world.git.write("README.md", "hello again\n");
  const std::string second = world.commit("docs");
  const auto outcome = world.apply("main");
  CHECK(outcome.state == RunState::unchanged);
  CHECK(world.machine.calls.empty());
  CHECK(world.machine.current == before);
  CHECK(world.deployed_revision() == second);
  CHECK(modules() == rendered);
  CHECK(history::read_deployed(world.state_dir())->store_path == before);
}

TEST_CASE("a container that dies is rolled back, everything with it, and the revision is quarantined") {
  World world;
  const std::string good = world.commit("first");
  REQUIRE(world.apply("main").good());
  const std::string stand = world.stand();
  const std::string old = world.machine.current;
  world.image("photos", "docker.io/library/photos:crash");
  const std::string bad = world.commit("photos crashes");
  const auto outcome = world.apply("main");
  REQUIRE(outcome.state == RunState::rolled_back);
  CHECK(history::exit_status(outcome) == 3);
  CHECK_THAT(outcome.reason, Contains("photos: container photos-web-1 exited with 1"));
  // What the container printed stays out of history, in a file that is not for everybody.
  CHECK_THAT(outcome.reason, Contains("(its last lines: hwcsync log 2)"));
  CHECK(outcome.reason.find("last words") == std::string::npos);
  const std::string health = history::RunDirectory::open(world.state_dir(), 2).file("health.log");
  CHECK_THAT(read_file(health), Contains("last words of photos-web-1"));
  CHECK((std::filesystem::status(health).permissions() & std::filesystem::perms::others_all) ==
        std::filesystem::perms::none);
  CHECK(world.machine.secret_reloads == 2);
  CHECK(world.stand() == stand);
  CHECK(world.deployed_revision() == good);
  CHECK(world.ref(git::generated_ref("server")) == world.ref(git::deployed_ref("server")));
  const auto& calls = world.machine.calls;
  CHECK(position(calls, "set profile " + old) < position(calls, "start rollback " + old));
  CHECK(position(calls, "start switch") < position(calls, "set profile " + old));
  CHECK(world.machine.roots.count("run-2") == 0);
  const auto database = history::Database::open(world.state_dir());
  CHECK(database.find(2)->state == "rolled-back");

  // A revert deploys.
  world.image("photos", "docker.io/library/photos:1");
  const std::string revert = world.commit("revert");
  CHECK(world.apply("main").good());
  CHECK(world.deployed_revision() == revert);
}

TEST_CASE("a stack that leaves the list loses its containers once the run is committed") {
  World world;
  REQUIRE(world.apply(world.commit("both")).state == RunState::committed);
  std::string config = World::kConfig;
  config.replace(config.find(", tickets"), 9, "");
  world.git.write("hwcsync.yaml", config);
  REQUIRE(world.apply(world.commit("photos only")).state == RunState::committed);
  CHECK(world.machine.containers.size() == 1);
  const auto& calls = world.machine.calls;
  const auto removed = std::find(calls.begin(), calls.end(), "remove tickets of homelab");
  REQUIRE(removed != calls.end());
  CHECK(std::count(calls.begin(), calls.end(), "remove photos of homelab") == 0);
  CHECK(std::any_of(calls.begin(), removed,
                    [](const auto& call) { return call.find("switch") != std::string::npos; }));
}

TEST_CASE("a stack that a run brought and took back leaves no containers") {
  World world;
  REQUIRE(world.apply(world.commit("both")).state == RunState::committed);
  const auto before = world.machine.containers.size();
  std::string config = World::kConfig;
  config.replace(config.find("tickets]"), 8, "tickets, extra]");
  world.git.write("hwcsync.yaml", config);
  world.image("extra", "docker.io/library/crash:1");
  CHECK(world.apply(world.commit("extra")).state == RunState::rolled_back);
  CHECK(world.machine.containers.size() == before);
  CHECK(std::count(world.machine.calls.begin(), world.machine.calls.end(), "remove extra of homelab") == 1);
}

TEST_CASE("a stack that moves to another user leaves no containers with the old one") {
  World world;
  std::string config = World::kConfig;
  config.replace(config.find("users: { "), 9, "users: { other: { uid: 1001, sub-ids: 200000 }, ");
  world.git.write("hwcsync.yaml", config);
  REQUIRE(world.apply(world.commit("both")).state == RunState::committed);
  world.git.write("stacks/photos/stack.yaml", "user: other\n");
  REQUIRE(world.apply(world.commit("photos of another")).state == RunState::committed);
  const auto& calls = world.machine.calls;
  CHECK(std::count(calls.begin(), calls.end(), "remove photos of homelab") == 1);
  CHECK(std::count(calls.begin(), calls.end(), "remove photos of other") == 0);
  for (const auto& one : world.machine.containers) {
    if (one.stack == "photos") CHECK(one.account.user == "other");
  }
}

TEST_CASE("an unhealthy container is waited for and then rolled back") {
  World world;
  world.commit("first");
  REQUIRE(world.apply("main").good());
  const std::string stand = world.stand();
  world.image("tickets", "docker.io/library/tickets:ill");
  world.commit("ill");
  const auto began = world.clock.steady_now();
  const auto outcome = world.apply("main");
  CHECK(outcome.state == RunState::rolled_back);
  CHECK_THAT(outcome.reason, Contains("tickets-web-1 is unhealthy"));
  CHECK(world.clock.steady_now() - began >= std::chrono::seconds(30));
  CHECK(world.stand() == stand);
}

TEST_CASE("what cannot be pulled fails before anything changes") {
  World world;
  world.commit("first");
  REQUIRE(world.apply("main").good());
  const std::string stand = world.stand();
  world.image("photos", "docker.io/library/photos:gone");
  world.machine.unobtainable.insert("docker.io/library/photos:gone");
  world.commit("gone");
  const auto outcome = world.apply("main");
  CHECK(outcome.state == RunState::failed);
  CHECK(outcome.code == "image");
  CHECK(outcome.retry == history::Retry::useless);
  CHECK(world.stand() == stand);
}

TEST_CASE("a build that fails says what Nix said, and takes the generated ref back") {
  World world;
  world.commit("first");
  REQUIRE(world.apply("main").good());
  const auto ref = world.ref(git::generated_ref("server"));
  world.image("photos", "docker.io/library/photos:2");
  world.commit("second");
  world.machine.build_exit = 1;
  const auto run = world.request("main");
  std::ofstream(run.build_log()) << "building...\nerror: attribute 'foo' missing\n  at /x.nix:3\n";
  const auto outcome = run_worker(world.context(), run.id());
  CHECK(outcome.state == RunState::failed);
  CHECK_THAT(outcome.reason, Contains("attribute 'foo' missing"));
  CHECK(world.ref(git::generated_ref("server")) == ref);
}

TEST_CASE("a refusal of the plan is exit status 5 and changes nothing") {
  World world;
  const std::string first = world.commit("first");
  auto context = world.context();
  context.machine = "other-machine";
  const auto run = world.request(first);
  const auto outcome = run_worker(context, run.id());
  CHECK(history::exit_status(outcome) == 5);
  CHECK_THAT(outcome.reason, Contains("other-machine"));
  CHECK(world.machine.current == test::kFirstSystem);
}

TEST_CASE("a run asked for on top of something else is refused") {
  World world;
  world.commit("first");
  REQUIRE(world.apply("main").good());
  const auto outcome = world.apply("main", {.from = std::string(40, 'a')});
  CHECK(history::exit_status(outcome) == 5);
  CHECK_THAT(outcome.reason, Contains("is deployed by now"));
}

TEST_CASE("another plan than the approved one is not carried out") {
  World world;
  world.commit("first");
  const auto outcome = world.apply("main", {.plan = "0123456789abcdef"});
  CHECK(history::exit_status(outcome) == 5);
  CHECK(world.machine.current == test::kFirstSystem);
}

TEST_CASE("while another worker holds the lock a run is busy, and its own journal says so") {
  World world;
  world.commit("first");
  std::filesystem::create_directories(world.git.path() + "/run");
  const auto lock = FileLock::try_lock(world.git.path() + "/run/apply.lock");
  REQUIRE(lock.has_value());
  const auto outcome = world.apply("main");
  CHECK(outcome.state == RunState::busy);
  CHECK(history::exit_status(outcome) == 75);
  CHECK(world.terminal_lines(world.last) == 1);
  CHECK(world.row(world.last).state == "busy");
  CHECK(world.machine.calls.empty());
}

TEST_CASE("a run can be stopped until the switch begins") {
  World world;
  world.commit("first");
  SECTION("by its cancel file") {
    const auto run = world.request("main");
    run.request_cancel();
    CHECK(run_worker(world.context(), run.id()).state == RunState::cancelled);
  }
  SECTION("by SIGTERM") {
    world.stop = true;
    CHECK(world.apply("main").state == RunState::cancelled);
  }
  CHECK(world.machine.current == test::kFirstSystem);
  CHECK(world.machine.calls.empty());
}

TEST_CASE("asking to stop in the middle of a switch changes nothing") {
  World world;
  world.commit("first");
  auto context = world.context();
  context.on_journal = [&](const history::JournalLine& line) {
    if (line.state == RunState::switching) world.stop = true;
  };
  const auto run = world.request("main");
  CHECK(run_worker(context, run.id()).state == RunState::committed);
}

TEST_CASE("a finished run is not carried out again") {
  World world;
  world.commit("first");
  REQUIRE(world.apply("main").good());
  world.machine.calls.clear();
  CHECK(run_worker(world.context(), 1).state == RunState::committed);
  CHECK(world.machine.calls.empty());
}

TEST_CASE("a unit that was failed before does not matter, one that fails now does") {
  World world;
  world.machine.units["foreign.service"] = {.name = "foreign.service",
                                            .active = "failed",
                                            .sub = "failed",
                                            .result = "exit-code",
                                            .invocation = "0"};
  world.commit("first");
  REQUIRE(world.apply("main").state == RunState::committed);
  const std::string stand = world.stand();
  world.image("photos", "docker.io/library/photos:fail");
  world.commit("unit fails");
  const auto outcome = world.apply("main");
  CHECK(outcome.state == RunState::rolled_back);
  CHECK_THAT(outcome.reason, Contains("unit photos-stack.service failed"));
  CHECK(world.stand() == stand);
}

TEST_CASE("generated files that are committed too are replaced, but not those that somebody edited") {
  World world;
  const std::string path = "generated/hwcsync/server/default.nix";
  const std::string ours = nix::with_marker("", "{ imports = [ ]; }\n");
  world.git.write(path, ours);
  world.commit("rendered");
  REQUIRE(world.apply("main").good());
  std::string edited = ours;
  edited.insert(edited.find("[ ]") + 1, " ./mine.nix");
  world.git.write(path, edited);
  SECTION("with a change of a stack") {
    world.image("photos", "docker.io/library/photos:2");
  }
  SECTION("alone") {}
  const std::string before = world.deployed_revision();
  world.commit("edited");
  const auto outcome = world.apply("main");
  CHECK(outcome.state == RunState::failed);
  CHECK(outcome.code == "generated-edited");
  CHECK(outcome.reason.find(path) != std::string::npos);
  CHECK(outcome.reason.find("- { imports = [ ./mine.nix ]; }") != std::string::npos);
  CHECK(world.deployed_revision() == before);
  world.git.write(path, ours);
  world.commit("as it was");
  CHECK(world.apply("main").good());
}

TEST_CASE("many runs that change nothing do not cost the running system or the one before its root") {
  World world;
  world.commit("first");
  REQUIRE(world.apply("main").good());
  world.image("photos", "docker.io/library/photos:2");
  world.commit("second");
  REQUIRE(world.apply("main").good());
  for (int i = 0; i < 12; ++i) {
    world.git.write("README.md", std::to_string(i));
    world.commit("docs");
    REQUIRE(world.apply("main").state == RunState::unchanged);
  }
  CHECK(world.machine.roots.count("run-1") == 1);
  CHECK(world.machine.roots.count("run-2") == 1);
}

// Dies right after its terminal line.
void die_at_the_end(World& world, const history::RunDirectory& run) {
  auto context = world.context();
  context.on_journal = [](const history::JournalLine& line) {
    if (history::is_terminal(line.state)) throw test::Killed{};
  };
  CHECK_THROWS_AS(run_worker(context, run.id()), test::Killed);
  // Somebody looks at history, and the row is there.
  (void)history::Database::open(world.state_dir()).reconcile();
}

TEST_CASE("what a run's end should have moved is moved later, whatever the database says") {
  World world;
  world.commit("first");
  REQUIRE(world.apply("main").good());
  world.image("photos", "docker.io/library/photos:2");
  const std::string second = world.commit("second");
  const auto run = world.request("main");
  die_at_the_end(world, run);
  REQUIRE(world.deployed_revision() != second);
  SECTION("by recovery") {
    CHECK(recover(world.context()).empty());
  }
  SECTION("by its own worker, started again") {
    CHECK(run_worker(world.context(), run.id()).good());
  }
  CHECK(world.deployed_revision() == second);
  CHECK(history::read_deployed(world.state_dir())->run == run.id());
}

TEST_CASE("a run whose files are broken does not stand in the way of the next") {
  World world;
  world.commit("first");
  const auto broken = world.request("main");
  std::ofstream(broken.file("request.json")) << "{";
  history::Journal journal(broken.journal_path());
  journal.append(world.clock.now(), RunState::locked);
  SECTION("before the switch it has failed") {
    CHECK(world.apply("main").good());
    CHECK(world.journal(broken.id()).back().state == RunState::failed);
  }
  SECTION("past it syncing halts") {
    for (const auto state : {RunState::prefetched, RunState::secrets_staged, RunState::rendered,
                             RunState::built, RunState::baseline, RunState::switching})
      journal.append(world.clock.now(), state);
    CHECK(history::exit_status(world.apply("main")) == 5);
    CHECK(world.journal(broken.id()).back().state == RunState::rollback_failed);
    CHECK(read_halted(world.state_dir()).has_value());
    CHECK((std::filesystem::status(world.state_dir() + "/halted").permissions() &
           std::filesystem::perms::others_all) == std::filesystem::perms::none);
  }
}

}  // namespace
}  // namespace hwcsync::apply
