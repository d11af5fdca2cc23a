#include "src/settings/duration.hpp"

#include "tests/support/catch.hpp"

#include <vector>

namespace hwcsync::settings {
namespace {

TEST_CASE("times are read as people write them") {
  struct Row {
    std::string text;
    std::int64_t milliseconds;
  };
  const std::vector<Row> rows{
      {"60s", 60'000},        {"5min", 300'000}, {"5m", 300'000},        {"2h", 7'200'000},
      {"1m30s", 90'000},      {"500ms", 500},    {"1 min 14 s", 74'000}, {"0s", 0},
      {"1d12h", 129'600'000}, {"10sec", 10'000}, {"1s500ms", 1500},      {"366d", 366LL * 86'400'000},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    const auto parsed = parse_duration(row.text);
    REQUIRE(parsed.has_value());
    CHECK(parsed->count() == row.milliseconds);
  }
}

TEST_CASE("what is not a time is refused") {
  for (const char* text :
       {"", " ", "60", "s", "1.5h", "-1s", "+1s", "60 s ", " 60s", "1s1s", "30s1m", "1week", "10S", "1m30",
        "99999999999999999999s", "367d", "8785h", "0x10s", "1s,2s"}) {
    INFO(text);
    CHECK_FALSE(parse_duration(text).has_value());
  }
}

}  // namespace
}  // namespace hwcsync::settings
