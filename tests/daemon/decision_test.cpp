#include "src/daemon/decision.hpp"

#include "src/daemon/checker.hpp"
#include "tests/support/catch.hpp"

#include <functional>
#include <vector>

namespace hwcsync::daemon {
namespace {

git::ObjectId id(char digit) {
  return *git::ObjectId::parse(std::string(40, digit));
}

const git::ObjectId kOld = id('a');
const git::ObjectId kHead = id('b');
const git::ObjectId kOther = id('c');

// A new commit on top of the deployed one, nothing in the way.
Situation usual() {
  return {.branch = "main", .head = kHead, .deployed = kOld, .line = Line::descends};
}

TEST_CASE("each situation has its decision") {
  using Kind = Decision::Kind;
  struct Row {
    std::string story;
    std::function<void(Situation&)> change;
    Kind kind;
    std::string code;
  };
  const std::vector<Row> rows{
      {"a new commit", [](Situation&) {}, Kind::plan, "new"},
      {"the first commit ever",
       [](Situation& s) {
         s.deployed.reset();
         s.line = Line::first;
       },
       Kind::plan, "new"},
      {"nothing new",
       [](Situation& s) {
         s.head = kOld;
         s.line = Line::same;
       },
       Kind::nothing, "up-to-date"},
      {"the branch is not there", [](Situation& s) { s.head.reset(); }, Kind::refuse, "no-branch"},
      {"history was rewritten", [](Situation& s) { s.line = Line::rewritten; }, Kind::refuse, "rewritten"},
      {"rewritten and accepted",
       [](Situation& s) {
         s.line = Line::rewritten;
         s.accepted = kHead;
       },
       Kind::plan, "new"},
      {"rewritten again after another head was accepted",
       [](Situation& s) {
         s.line = Line::rewritten;
         s.accepted = kOther;
       },
       Kind::refuse, "rewritten"},
      {"suspended", [](Situation& s) { s.suspended = "holidays"; }, Kind::refuse, "suspended"},
      {"suspended with nothing new",
       [](Situation& s) {
         s.suspended = "holidays";
         s.head = kOld;
         s.line = Line::same;
       },
       Kind::nothing, "up-to-date"},
      {"halted", [](Situation& s) { s.halted = "run 7"; }, Kind::refuse, "halted"},
      {"halted, and a retry does not help",
       [](Situation& s) {
         s.halted = "run 7";
         s.retry = kHead;
       },
       Kind::refuse, "halted"},
      {"quarantined", [](Situation& s) { s.quarantined = "rolled back by run 7"; }, Kind::refuse,
       "quarantined"},
      {"quarantined and retried",
       [](Situation& s) {
         s.quarantined = "rolled back by run 7";
         s.retry = kHead;
       },
       Kind::plan, "new"},
      {"quarantined, and another one is retried",
       [](Situation& s) {
         s.quarantined = "rolled back by run 7";
         s.retry = kOther;
       },
       Kind::refuse, "quarantined"},
      {"planning refused it before",
       [](Situation& s) {
         s.verdict = PlanVerdict{kHead, kOld, "bad-revision", "x"};
       },
       Kind::refuse, "bad-revision"},
      {"planning refused another commit",
       [](Situation& s) {
         s.verdict = PlanVerdict{kOther, kOld, "bad-revision", "x"};
       },
       Kind::plan, "new"},
      {"planning refused it over another deployed one",
       [](Situation& s) {
         s.verdict = PlanVerdict{kHead, kOther, "bad-revision", "x"};
       },
       Kind::plan, "new"},
      {"planning refused it, a person retries",
       [](Situation& s) {
         s.verdict = PlanVerdict{kHead, kOld, "bad-revision", "x"};
         s.retry = kHead;
       },
       Kind::plan, "new"},
      {"a run applies it",
       [](Situation& s) {
         s.under_way = "run 8";
         s.applying = kHead;
       },
       Kind::nothing, "applying"},
      {"a run applies it while suspended: it is not stopped",
       [](Situation& s) {
         s.under_way = "run 8";
         s.applying = kHead;
         s.suspended = "holidays";
       },
       Kind::nothing, "applying"},
      {"a run applies an older one",
       [](Situation& s) {
         s.under_way = "run 8";
         s.applying = kOther;
       },
       Kind::wait, "waiting"},
      {"a rollback is under way", [](Situation& s) { s.under_way = "run 8"; }, Kind::wait, "waiting"},
      {"the branch went back to the deployed commit during a run",
       [](Situation& s) {
         s.head = kOld;
         s.line = Line::same;
         s.under_way = "run 8";
         s.applying = kOther;
       },
       Kind::wait, "waiting"},
      {"a refused head does not replace a run",
       [](Situation& s) {
         s.under_way = "run 8";
         s.applying = kOther;
         s.line = Line::rewritten;
       },
       Kind::refuse, "rewritten"},
      {"the branch went back to the deployed commit while another system waits for a reboot",
       [](Situation& s) {
         s.head = kOld;
         s.line = Line::same;
         s.other_boots = true;
       },
       Kind::plan, "new"},
      {"it was left by a rollback that waits for a reboot",
       [](Situation& s) {
         s.head = kOld;
         s.line = Line::same;
         s.other_boots = true;
         s.quarantined = "left by the manual rollback of run 7";
       },
       Kind::refuse, "quarantined"},
      {"it waits for a reboot", [](Situation& s) { s.staged = "run 7"; }, Kind::nothing, "staged"},
      {"it failed for a passing reason", [](Situation& s) { s.backing_off = "later"; }, Kind::nothing,
       "backing-off"},
      {"it failed for a passing reason, a person retries",
       [](Situation& s) {
         s.backing_off = "later";
         s.retry = kHead;
       },
       Kind::plan, "new"},
  };
  for (const Row& row : rows) {
    INFO(row.story);
    Situation situation = usual();
    row.change(situation);
    const Decision decision = decide(situation);
    CHECK(decision_name(decision.kind) == decision_name(row.kind));
    CHECK(decision.code == row.code);
    CHECK_FALSE(decision.reason.empty());
    CHECK(decision.revision == situation.head);
  }
}

TEST_CASE("a revision that waits for a reboot is not applied again until its system runs") {
  const auto row = [](history::RunId id, std::string state, std::string path) {
    history::RunRow out;
    out.id = id;
    out.state = std::move(state);
    out.store_path = std::move(path);
    out.ended = "2026-11-20T10:02:44.120Z";
    return out;
  };
  CHECK_FALSE(staged_reason({}, "/nix/store/a").has_value());
  CHECK(staged_reason({row(7, "staged-for-reboot", "/nix/store/b")}, "/nix/store/a") ==
        "run 7 staged it: it starts with the next boot");
  CHECK(staged_reason({row(8, "busy", ""), row(7, "staged-for-reboot", "/nix/store/b")}, "/nix/store/a")
            .has_value());
  CHECK_FALSE(staged_reason({row(7, "staged-for-reboot", "/nix/store/a")}, "/nix/store/a").has_value());
  CHECK_FALSE(
      staged_reason({row(8, "failed", ""), row(7, "staged-for-reboot", "/nix/store/b")}, "/nix/store/a")
          .has_value());
}

TEST_CASE("a refusal says what to do") {
  Situation situation = usual();
  situation.line = Line::rewritten;
  CHECK(decide(situation).reason ==
        "main was rewritten: bbbbbbb does not contain the deployed aaaaaaa; to accept it: hwcsync "
        "accept-rewrite "
        "bbbbbbb");
  situation = usual();
  situation.suspended = "holidays";
  CHECK(decide(situation).reason == "suspended: holidays; to go on: hwcsync resume");
}

}  // namespace
}  // namespace hwcsync::daemon
