#include "watcher/debounce.hpp"

#include "tests/support/catch.hpp"

#include <vector>

namespace hwcsync::watch {
namespace {

using std::chrono::milliseconds;

Debounce::Time at(int ms) {
  return Debounce::Time(milliseconds(ms));
}

TEST_CASE("without an event nothing is ever due") {
  Debounce debounce;
  CHECK_FALSE(debounce.due().has_value());
  CHECK_FALSE(debounce.take(at(1'000'000)).has_value());
}

TEST_CASE("a burst is one check, due when it is quiet or has gone on for long") {
  struct Row {
    std::vector<int> events;
    int due;
  };
  const std::vector<Row> rows{
      {{0}, 5},
      {{0, 3}, 8},
      {{0, 3, 6, 9}, 14},
      {{0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40}, 20},  // never quiet: the limit counts from the first
      {{10, 8}, 15},                                    // a clock read late does not move it back
  };
  for (const Row& row : rows) {
    Debounce debounce(milliseconds(5), milliseconds(20));
    for (const int event : row.events) debounce.note(at(event));
    REQUIRE(debounce.due().has_value());
    CHECK(*debounce.due() == at(row.due));
    CHECK_FALSE(debounce.take(at(row.due - 1)).has_value());
    CHECK(debounce.take(at(row.due)) == at(row.events.front()));
    CHECK_FALSE(debounce.take(at(row.due + 100)).has_value());
  }
}

TEST_CASE("after a burst the next event begins a new one") {
  Debounce debounce(milliseconds(5), milliseconds(20));
  debounce.note(at(0));
  REQUIRE(debounce.take(at(5)).has_value());
  debounce.note(at(100));
  CHECK(*debounce.due() == at(105));
}

}  // namespace
}  // namespace hwcsync::watch
