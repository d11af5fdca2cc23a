#include "gitops/history/journal.hpp"

#include "gitops/history/follow.hpp"
#include "src/base/error.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/temporary_directory.hpp"

#include <fstream>

namespace hwcsync::history {
namespace {

const WallTime kNow = std::chrono::system_clock::from_time_t(1'795'000'000);

void append_bytes(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::app) << bytes;
}

TEST_CASE("what was appended is read back") {
  const test::TemporaryDirectory dir;
  const std::string path = dir.path() + "/journal.jsonl";
  Journal journal(path);
  journal.append(kNow, RunState::locked, {{"pid", 7}});
  journal.append(kNow + std::chrono::seconds(1), RunState::prefetched);
  const auto lines = read_journal(path);
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].detail.at("pid") == 7);
  CHECK(lines[1].state == RunState::prefetched);
  CHECK(lines[1].at - lines[0].at == std::chrono::seconds(1));
  CHECK_FALSE(outcome_of(lines).has_value());
}

TEST_CASE("a torn last line is not a step taken") {
  const test::TemporaryDirectory dir;
  const std::string path = dir.path() + "/journal.jsonl";
  Journal(path).append(kNow, RunState::locked);
  append_bytes(path, R"({"at":"2026-11-20T10:02:44.120Z","state":"prefe)");
  CHECK(read_journal(path).size() == 1);
  Journal again(path);
  CHECK(again.state() == RunState::locked);
  again.append(kNow, RunState::prefetched);
  CHECK(read_journal(path).size() == 2);
}

TEST_CASE("a complete line without its newline counts as torn") {
  const test::TemporaryDirectory dir;
  const std::string path = dir.path() + "/journal.jsonl";
  append_bytes(path, R"({"version":1,"at":"2026-11-20T10:02:44.120Z","state":"locked","detail":{}})");
  CHECK(read_journal(path).empty());
  CHECK_FALSE(Journal(path).state().has_value());
}

TEST_CASE("a line with a state of a later version is left out") {
  const auto lines = parse_journal(
      "{\"version\":2,\"at\":\"2026-11-20T10:02:44.120Z\",\"state\":\"locked\",\"new\":1}\n"
      "{\"version\":2,\"at\":\"2026-11-20T10:02:45.120Z\",\"state\":\"pondering\"}\nnot json\n");
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].state == RunState::locked);
}

TEST_CASE("there is exactly one terminal line") {
  const test::TemporaryDirectory dir;
  Journal journal(dir.path() + "/journal.jsonl");
  journal.append(kNow, RunState::locked);
  journal.append(kNow, RunState::failed,
                 outcome_detail({.state = RunState::failed, .code = "build", .reason = "no"}));
  CHECK_THROWS_AS(journal.append(kNow, RunState::failed), Error);
  CHECK_THROWS_AS(journal.append(kNow, RunState::locked), Error);
  const auto outcome = outcome_of(journal.lines());
  REQUIRE(outcome.has_value());
  CHECK(outcome->reason == "no");
  CHECK(outcome->retry == Retry::useless);
}

TEST_CASE("a follower hands on each complete line once, up to the outcome") {
  const test::TemporaryDirectory dir;
  const RunDirectory run = RunDirectory::allocate(dir.path(), {.host = "server", .to = "main"});
  test::FakeClock clock;
  std::vector<std::string> seen;
  int looks = 0;
  // The worker writes while the follower waits, and once is caught in the middle of a line.
  clock.on_sleep = [&] {
    ++looks;
    if (looks == 1) Journal(run.journal_path()).append(kNow, RunState::locked);
    if (looks == 2) append_bytes(run.journal_path(), R"({"version":1,"at":"2026-11-20T10:02:44.120Z",)");
    if (looks == 3)
      append_bytes(run.journal_path(), "\"state\":\"cancelled\",\"detail\":{\"reason\":\"asked\"}}\n");
  };
  const auto outcome = follow(
      run, clock, [&](const JournalLine& line) { seen.push_back(std::string(state_name(line.state))); });
  REQUIRE(outcome.has_value());
  CHECK(outcome->reason == "asked");
  CHECK(seen == std::vector<std::string>{"locked", "cancelled"});
}

TEST_CASE("a follower gives up at its deadline") {
  const test::TemporaryDirectory dir;
  const RunDirectory run = RunDirectory::allocate(dir.path(), {.host = "server", .to = "main"});
  test::FakeClock clock;
  CHECK_FALSE(follow(run, clock, {}, {.deadline = std::chrono::seconds(3)}).has_value());
}

}  // namespace
}  // namespace hwcsync::history
