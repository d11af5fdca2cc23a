#include "tests/apply/world.hpp"
#include "tests/support/catch.hpp"

// Walks every fail point of a run: each thing that is done to the world, before and after its effect, and
// each line of the journal. The check is "old or new, never half", and one terminal line a run.
namespace hwcsync::apply {
namespace {

using history::RunState;

// Unseen: good, but a user does not get to see its secrets.
enum class Commit { good, bad, unseen };

// A machine that runs the first commit and is asked for the second. Made once for each kind; rewound for each
// trial.
struct Story {
  explicit Story(Commit kind) {
    first = world.commit("first");
    if (!world.apply("main").good()) throw std::runtime_error("the first run must be good");
    // Another generation of secrets than the one that the new manifest gives, so that the view has to flip.
    world.machine.secrets = "old-secrets";
    world.machine.staged.insert("old-secrets");
    old_stand = world.stand();
    world.image("photos",
                kind == Commit::bad ? "docker.io/library/photos:crash" : "docker.io/library/photos:2");
    second = world.commit("second");
    if (kind == Commit::unseen) world.machine.unseen = {"uid 7: in the way"};
    run = world.request("main").id();
    machine = world.machine;
    std::filesystem::copy(world.state_dir(), kept(), std::filesystem::copy_options::recursive);
    rewind();
    const auto outcome = run_worker(world.context(), run);
    points = world.machine.fate.count();
    lines = static_cast<int>(world.states.size());
    expected = kind == Commit::good  ? RunState::committed
               : kind == Commit::bad ? RunState::rolled_back
                                     : RunState::failed;
    if (outcome.state != expected)
      throw std::runtime_error("the story does not end as it should: " + outcome.reason);
    new_stand = world.stand();
    rewind();
  }

  static Story& told(Commit kind) {
    static Story good(Commit::good);
    static Story bad(Commit::bad);
    static Story unseen(Commit::unseen);
    Story& story = kind == Commit::good ? good : kind == Commit::bad ? bad : unseen;
    story.rewind();
    return story;
  }

  void rewind() {
    std::filesystem::remove_all(world.state_dir());
    std::filesystem::copy(kept(), world.state_dir(), std::filesystem::copy_options::recursive);
    static_cast<test::MachineState&>(world.machine) = machine;
    world.machine.fate.reset();
    world.journal_lines = world.journal_kill = 0;
    world.states.clear();
  }
  std::string kept() const { return world.git.path() + "/kept"; }

  void check_whole() {
    CHECK(world.terminal_lines(run) == 1);
    const auto outcome = history::outcome_of(world.journal(run));
    REQUIRE(outcome.has_value());
    CAPTURE(history::state_name(outcome->state), outcome->reason);
    CHECK(outcome->state != RunState::rollback_failed);
    if (outcome->state == RunState::committed) {
      CHECK(world.stand() == new_stand);
      CHECK(history::read_deployed(world.state_dir())->store_path == world.machine.current);
    } else {
      CHECK(world.stand() == old_stand);
      CHECK(world.deployed_revision() == first);
    }
    CHECK(world.ref(git::generated_ref("server")) == world.ref(git::deployed_ref("server")));
    CHECK(world.row(run).state == history::state_name(outcome->state));
  }

  World world;
  std::string first;
  std::string second;
  std::string old_stand;
  std::string new_stand;
  test::MachineState machine;
  RunState expected = RunState::committed;
  history::RunId run = 0;
  int points = 0;  // where fate can strike
  int lines = 0;   // of the journal
};

void fail_everywhere(Commit kind) {
  const int points = Story::told(kind).points;
  REQUIRE(points > 20);
  for (int point = 1; point <= points; ++point) {
    Story& story = Story::told(kind);
    story.world.machine.fate.fail_at = point;
    const auto outcome = run_worker(story.world.context(), story.run);
    CAPTURE(point, story.world.machine.fate.last, history::state_name(outcome.state), outcome.reason);
    story.world.machine.fate.reset();
    // One failure is never enough to make a way back fail.
    (void)recover(story.world.context());
    story.check_whole();
  }
}

TEST_CASE("an error at any point of a good run leaves old or new") {
  fail_everywhere(Commit::good);
}
TEST_CASE("an error at any point of a run that is rolled back leaves old") {
  fail_everywhere(Commit::bad);
}
TEST_CASE("an error at any point of a run that is stopped before the switch leaves old") {
  fail_everywhere(Commit::unseen);
}

void kill_everywhere(Commit kind) {
  const int points = Story::told(kind).points;
  for (int point = 1; point <= points; ++point) {
    Story& story = Story::told(kind);
    story.world.machine.fate.kill_at = point;
    bool killed = false;
    try {
      (void)run_worker(story.world.context(), story.run);
    } catch (const test::Killed&) {
      killed = true;
    }
    CAPTURE(point, story.world.machine.fate.last);
    CHECK(killed);
    story.world.machine.fate.reset();
    (void)recover(story.world.context());
    story.check_whole();
    // A second start finds nothing to do.
    CHECK(recover(story.world.context()).empty());
  }
}

TEST_CASE("a worker killed at any point of a good run is recovered to old or new") {
  kill_everywhere(Commit::good);
}
TEST_CASE("a worker killed at any point of a run that is rolled back is recovered to old") {
  kill_everywhere(Commit::bad);
}
TEST_CASE("a worker killed at any point of a run that is stopped before the switch is recovered to old") {
  kill_everywhere(Commit::unseen);
}

void kill_at_each_line(Commit kind) {
  const int lines = Story::told(kind).lines;
  for (int line = 1; line <= lines; ++line) {
    Story& story = Story::told(kind);
    story.world.journal_kill = line;
    bool killed = false;
    try {
      (void)run_worker(story.world.context(), story.run);
    } catch (const test::Killed&) {
      killed = true;
    }
    if (!killed) break;
    story.world.journal_kill = 0;
    CAPTURE(line);
    (void)recover(story.world.context());
    story.check_whole();
  }
}

TEST_CASE("a worker killed after any line of its journal is recovered") {
  kill_at_each_line(Commit::good);
  kill_at_each_line(Commit::bad);
  kill_at_each_line(Commit::unseen);
}

TEST_CASE("a recovery that is killed is recovered") {
  const int points = Story::told(Commit::good).points;
  for (int point = points / 2; point <= points; point += 5) {
    for (int again = 1; again <= 25; again += 6) {
      Story& story = Story::told(Commit::good);
      story.world.machine.fate.kill_at = point;
      CHECK_THROWS_AS(run_worker(story.world.context(), story.run), test::Killed);
      story.world.machine.fate.reset();
      story.world.machine.fate.kill_at = again;
      try {
        (void)recover(story.world.context());
      } catch (const test::Killed&) {
        story.world.machine.fate.reset();
      }
      story.world.machine.fate.reset();
      (void)recover(story.world.context());
      CAPTURE(point, again);
      story.check_whole();
    }
  }
}

TEST_CASE("the next run puts right what a killed one left before it begins") {
  Story& story = Story::told(Commit::good);
  story.world.machine.fate.kill_at = story.points * 2 / 3;
  CHECK_THROWS_AS(run_worker(story.world.context(), story.run), test::Killed);
  story.world.machine.fate.reset();
  const auto next = story.world.request("main");
  CHECK(run_worker(story.world.context(), next.id()).good());
  CHECK(story.world.terminal_lines(story.run) == 1);
  CHECK(story.world.terminal_lines(next.id()) == 1);
  CHECK(story.world.deployed_revision() == story.second);
}

TEST_CASE("power loss in the middle of a switch: the machine boots into the new profile, and is judged") {
  for (const Commit kind : {Commit::good, Commit::bad}) {
    Story& story = Story::told(kind);
    auto context = story.world.context();
    context.on_journal = [](const history::JournalLine& line) {
      if (line.state == RunState::switching) throw test::Killed{};
    };
    CHECK_THROWS_AS(run_worker(context, story.run), test::Killed);
    // The switch had set the profile; /run is gone, and so is the transient unit.
    const auto record = record_from_json(
        *history::RunDirectory::open(story.world.state_dir(), story.run).read_json(kActivationFile));
    story.world.machine.profile = record.to.store_path;
    (void)story.world.machine.switch_to(record.to.store_path);
    const auto recovered = recover(story.world.context());
    REQUIRE(recovered.size() == 1);
    CHECK(recovered[0].outcome.state == (kind == Commit::good ? RunState::committed : RunState::rolled_back));
    story.check_whole();
  }
}

TEST_CASE("when nothing works any more from some point on, the state says so and syncing stops") {
  Story& story = Story::told(Commit::bad);
  auto context = story.world.context();
  context.on_journal = [&](const history::JournalLine& line) {
    if (line.state == RunState::rolling_back) story.world.machine.fate.fail_from = 1;
  };
  const auto outcome = run_worker(context, story.run);
  CHECK(outcome.state == RunState::rollback_failed);
  CHECK(story.world.terminal_lines(story.run) == 1);
  CHECK(read_halted(story.world.state_dir()).has_value());
}

TEST_CASE("a request whose worker never came is ended, a fresh one is left alone") {
  Story& story = Story::told(Commit::good);
  CHECK(recover(story.world.context()).empty());
  // Its directory is as old as the real clock says; ours is a year later.
  story.world.clock.sleep_for(std::chrono::hours(24 * 365));
  const auto recovered = recover(story.world.context());
  REQUIRE(recovered.size() == 1);
  CHECK(recovered[0].outcome.code == "interrupted");
  CHECK(recovered[0].outcome.retry == history::Retry::may_help);
}

}  // namespace
}  // namespace hwcsync::apply
