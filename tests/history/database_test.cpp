#include "gitops/history/database.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/temporary_directory.hpp"

#include <filesystem>
#include <fstream>

namespace hwcsync::history {
namespace {

const WallTime kNow = std::chrono::system_clock::from_time_t(1'795'000'000);

RunDirectory finished_run(const std::string& state_dir, const std::string& to) {
  const auto run =
      RunDirectory::allocate(state_dir, {.host = "server", .to = "main", .trigger = {"push", "eric"}});
  Journal journal(run.journal_path());
  journal.append(kNow, RunState::locked, {{"pid", 1}});
  journal.append(kNow, RunState::locked, {{"revision", to}, {"from", "f"}, {"summary", "first line"}});
  journal.append(kNow + std::chrono::seconds(2), RunState::unchanged,
                 {{"revision", to}, {"store_path", "/nix/store/x"}, {"secrets_generation", "s"}});
  return run;
}

TEST_CASE("a row holds what request and journal say") {
  const test::TemporaryDirectory dir;
  const RunRow row = row_of(finished_run(dir.path(), "abc"));
  CHECK(row.to_rev == "abc");
  CHECK(row.from_rev == "f");
  CHECK(row.summary == "first line");
  CHECK(row.who == "eric");
  CHECK(row.state == "unchanged");
  CHECK(row.store_path == "/nix/store/x");
  CHECK(row.ended_well());
  REQUIRE(row.phases.size() == 1);
  CHECK(row.phases[0].at("ms") == 2000);
}

TEST_CASE("rows come back as they were written, newest first") {
  const test::TemporaryDirectory dir;
  auto database = Database::open(dir.path());
  const RunRow one = row_of(finished_run(dir.path(), "abc"));
  const RunRow two = row_of(finished_run(dir.path(), "def"));
  database.upsert(one);
  database.upsert(two);
  database.upsert(two);
  CHECK(database.list() == std::vector<RunRow>{two, one});
  CHECK(database.list(1) == std::vector<RunRow>{two});
  CHECK(database.find(1) == one);
  CHECK(database.runs_of("abc") == std::vector<RunRow>{one});
  CHECK_FALSE(database.find(3).has_value());
}

TEST_CASE("the database is made anew from the journals when it is gone") {
  const test::TemporaryDirectory dir;
  std::vector<RunRow> before;
  {
    auto database = Database::open(dir.path());
    for (const char* to : {"a", "b", "c"}) database.upsert(row_of(finished_run(dir.path(), to)));
    before = database.list();
  }
  std::filesystem::remove(dir.path() + "/history.db");
  CHECK(Database::open(dir.path()).list() == before);
}

TEST_CASE("a database that is no database is put aside and rebuilt") {
  const test::TemporaryDirectory dir;
  (void)finished_run(dir.path(), "a");
  std::ofstream(dir.path() + "/history.db") << std::string(8192, 'x');
  CHECK(Database::open(dir.path()).list().size() == 1);
  CHECK(std::filesystem::exists(dir.path() + "/history.db.broken"));
}

TEST_CASE("a database that is behind catches up") {
  const test::TemporaryDirectory dir;
  auto database = Database::open(dir.path());
  (void)finished_run(dir.path(), "a");
  const auto open_run = RunDirectory::allocate(dir.path(), {.host = "server", .to = "main"});
  CHECK(database.reconcile() == 2);
  CHECK(database.find(open_run.id())->state == "requested");
  Journal(open_run.journal_path()).append(kNow, RunState::busy);
  CHECK(database.reconcile() == 1);
  CHECK(database.find(open_run.id())->state == "busy");
  CHECK(database.reconcile() == 0);
}

TEST_CASE("history is bounded, and what is pinned stays") {
  const test::TemporaryDirectory dir;
  auto database = Database::open(dir.path());
  for (int i = 0; i < 6; ++i) database.upsert(row_of(finished_run(dir.path(), "x")));
  database.prune(3, {2});
  CHECK(RunDirectory::list(dir.path()) == std::vector<RunId>{2, 4, 5, 6});
  CHECK(database.list().size() == 4);
}

TEST_CASE("a run with a broken file does not keep the others from history") {
  const test::TemporaryDirectory dir;
  const auto broken = finished_run(dir.path(), "a");
  (void)finished_run(dir.path(), "b");
  std::ofstream(broken.file("request.json")) << "{";
  const auto database = Database::open(dir.path());
  REQUIRE(database.list().size() == 1);
  CHECK(database.list()[0].to_rev == "b");
  CHECK(std::filesystem::status(dir.path() + "/history.db").permissions() ==
        static_cast<std::filesystem::perms>(0640));
}

}  // namespace
}  // namespace hwcsync::history
