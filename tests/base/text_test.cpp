#include "src/base/text.hpp"

#include "src/base/clock.hpp"
#include "tests/support/catch.hpp"

namespace hwcsync {
namespace {

TEST_CASE("the nearest word is suggested only when it is near") {
  const std::vector<std::string> words{"firewall", "secrets", "health"};
  CHECK(nearest_word("firewal", words) == "firewall");
  CHECK(nearest_word("secrtes", words) == "secrets");
  CHECK_FALSE(nearest_word("xyz", words));
}

TEST_CASE("globs: one star stays in a component, two stars cross") {
  CHECK(glob_match("*.md", "README.md"));
  CHECK_FALSE(glob_match("*.md", "docs/README.md"));
  CHECK(glob_match("**/*.md", "docs/a/README.md"));
  CHECK(glob_match("**/*.md", "README.md"));
  CHECK(glob_match(".github/**", ".github/workflows/ci.yml"));
  CHECK_FALSE(glob_match("LICENSE*", "src/LICENSE"));
}

TEST_CASE("UTF-8: overlong forms, surrogates and stray bytes are refused") {
  CHECK(is_valid_utf8("é€😀"));
  CHECK_FALSE(is_valid_utf8("\xC0\x80"));
  CHECK_FALSE(is_valid_utf8("\xED\xA0\x80"));
  CHECK_FALSE(is_valid_utf8("\x80"));
  CHECK_FALSE(is_valid_utf8("\xF5\x80\x80\x80"));
  CHECK_FALSE(is_valid_utf8("\xE2\x82"));
}

TEST_CASE("text from outside becomes one line that a terminal and JSON can take") {
  CHECK(printable("J\xF6rg") == "J\xEF\xBF\xBDrg");
  CHECK(printable("a\x1B[31m\nb") == "a?[31m?b");
  CHECK(printable("\xC3\xA9\xE2\x82\xAC") == "\xC3\xA9\xE2\x82\xAC");
}

TEST_CASE("times round-trip and durations read as people say them") {
  const WallTime time = parse_time("2026-11-20T10:02:44.120Z");
  CHECK(format_time(time) == "2026-11-20T10:02:44.120Z");
  CHECK(format_duration(std::chrono::milliseconds(120)) == "0.1 s");
  CHECK(format_duration(std::chrono::seconds(20)) == "20 s");
  CHECK(format_duration(std::chrono::seconds(74)) == "1 min 14 s");
}

}  // namespace
}  // namespace hwcsync
