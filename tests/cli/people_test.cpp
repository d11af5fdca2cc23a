#include "src/cli/people.hpp"

#include "tests/support/catch.hpp"

namespace hwcsync::cli {
namespace {

TEST_CASE("times are said as people say them") {
  const WallTime now = parse_time("2026-11-20T12:00:00.000Z");
  CHECK(ago(parse_time("2026-11-20T11:59:48.000Z"), now) == "12 s ago");
  CHECK(ago(parse_time("2026-11-20T11:57:00.000Z"), now) == "3 min ago");
  CHECK(ago(parse_time("2026-11-17T12:00:00.000Z"), now) == "3 days ago");
  CHECK(ago(parse_time("2026-11-20T12:00:05.000Z"), now) == "0 s ago");
}

TEST_CASE("a text is cut between characters, never within one") {
  CHECK(shorten("immich 1.121", 20) == "immich 1.121");
  CHECK(shorten("abcdefghij", 6) == "abc...");
  CHECK(shorten("ab\xC3\xA9"
                "defgh",
                6) == "ab...");
}

TEST_CASE("columns are as wide as their widest cell, and lines have no blanks at the end") {
  Table table;
  table.add({"1", "long cell", "x"});
  table.add({"12", "s", ""});
  CHECK(table.text() == "1   long cell  x\n12  s\n");
}

}  // namespace
}  // namespace hwcsync::cli
