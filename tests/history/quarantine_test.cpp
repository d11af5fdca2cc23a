#include "gitops/history/quarantine.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/temporary_directory.hpp"

namespace hwcsync::history {
namespace {

class Past {
 public:
  Past() : database(Database::open(dir.path())) {}
  void add(const std::string& to, const std::string& state, RunRow more = {}) {
    more.id = ++id;
    more.to_rev = to;
    more.state = state;
    more.ended = "2026-11-20T10:02:44.120Z";
    if (more.operation.empty()) more.operation = "apply";
    database.upsert(more);
  }
  bool quarantined(const std::string& revision) { return is_quarantined(database, revision); }

  test::TemporaryDirectory dir;
  Database database;
  RunId id = 0;
};

TEST_CASE("a revision that was rolled back is quarantined, with the reason") {
  Past past;
  past.add("good", "committed");
  past.add("bad", "rolled-back", {.reason = "paperless is unhealthy"});
  CHECK_FALSE(past.quarantined("good"));
  CHECK_FALSE(past.quarantined("unknown"));
  const auto quarantine = quarantine_of(past.database, "bad");
  REQUIRE(quarantine.has_value());
  CHECK(quarantine->run == 2);
  CHECK_THAT(quarantine->reason, Catch::Matchers::Contains("paperless is unhealthy"));
}

TEST_CASE("what passes by itself says nothing about a revision") {
  Past past;
  past.add("a", "failed", {.transient = true});
  past.add("a", "busy");
  past.add("a", "cancelled");
  CHECK_FALSE(past.quarantined("a"));
  past.add("b", "failed");
  past.add("b", "busy");
  CHECK(past.quarantined("b"));
}

TEST_CASE("a retry lifts the quarantine until it has failed too") {
  Past past;
  past.add("a", "rolled-back");
  past.add("a", "busy", {.trigger = "retry"});
  CHECK_FALSE(past.quarantined("a"));
  past.add("a", "rolled-back", {.trigger = "retry"});
  CHECK(past.quarantined("a"));
  past.add("a", "committed", {.trigger = "retry"});
  CHECK_FALSE(past.quarantined("a"));
}

TEST_CASE("a manual rollback quarantines what it left, and a later deployment frees it") {
  Past past;
  past.add("old", "committed");
  past.add("new", "committed");
  past.add("old", "committed", {.from_rev = "new", .operation = "rollback"});
  CHECK(past.quarantined("new"));
  CHECK_FALSE(past.quarantined("old"));
  past.add("new", "committed", {.from_rev = "old", .trigger = "retry"});
  CHECK_FALSE(past.quarantined("new"));
}

}  // namespace
}  // namespace hwcsync::history
