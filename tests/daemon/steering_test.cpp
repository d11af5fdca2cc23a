#include "src/daemon/steering.hpp"

#include "gitops/apply/deployment.hpp"

#include "src/base/error.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_directory.hpp"

#include <fstream>

namespace hwcsync::daemon {
namespace {

TEST_CASE("without a file nothing was said") {
  const test::TemporaryDirectory directory;
  const Steering steering = read_steering(directory.path());
  CHECK_FALSE(steering.suspended.has_value());
  CHECK(steering.retry.empty());
}

TEST_CASE("what people said is read again as it was written") {
  const test::TemporaryDirectory directory;
  const Steering steering{.suspended = Suspension{.reason = "holidays \"until\" May\n",
                                                  .who = "eric",
                                                  .since = parse_time("2026-11-20T10:02:44.120Z")},
                          .retry = std::string(40, 'a'),
                          .accepted_rewrite = std::string(40, 'b')};
  write_steering(directory.path(), steering);
  const Steering again = read_steering(directory.path());
  REQUIRE(again.suspended.has_value());
  CHECK(again.suspended->reason == steering.suspended->reason);
  CHECK(again.suspended->who == "eric");
  CHECK(again.suspended->since == steering.suspended->since);
  CHECK(again.retry == steering.retry);
  CHECK(again.accepted_rewrite == steering.accepted_rewrite);
}

TEST_CASE("a file that cannot be read is an error and not a machine that nobody suspended") {
  const test::TemporaryDirectory directory;
  for (const char* text : {"", "{", "[]", "{\"suspended\": {\"reason\": 3}}", "{\"retry\": 7}"}) {
    INFO(text);
    std::ofstream(directory.path() + "/steering.json") << text;
    CHECK_THROWS_AS(read_steering(directory.path()), Error);
  }
}

TEST_CASE("keys of a newer version do not hurt") {
  const test::TemporaryDirectory directory;
  std::ofstream(directory.path() + "/steering.json") << "{\"version\": 1, \"later\": [1]}";
  CHECK(read_steering(directory.path()).retry.empty());
}

TEST_CASE("a failed rollback halts until somebody acted") {
  const test::TemporaryDirectory directory;
  CHECK_FALSE(apply::read_halted(directory.path()).has_value());
  std::ofstream(directory.path() + "/halted") << "{\"version\":1,\"run\":7,\"reason\":\"switch died\"}";
  CHECK(apply::read_halted(directory.path()) ==
        "run 7 could not be rolled back: switch died; look at the machine, then: hwcsync resume");
  apply::clear_halted(directory.path());
  CHECK_FALSE(apply::read_halted(directory.path()).has_value());
  apply::clear_halted(directory.path());
}

TEST_CASE("a halt that cannot be read halts as well") {
  const test::TemporaryDirectory directory;
  for (const char* text : {"", "{", "7", "{\"run\":\"x\"}"}) {
    std::ofstream(directory.path() + "/halted") << text;
    CHECK(apply::read_halted(directory.path()).has_value());
  }
}

}  // namespace
}  // namespace hwcsync::daemon
