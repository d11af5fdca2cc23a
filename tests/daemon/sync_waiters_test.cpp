#include "src/daemon/sync_waiters.hpp"

#include "tests/support/catch.hpp"

#include <stdexcept>

namespace hwcsync::daemon {
namespace {

struct Listener {
  std::vector<Json> progress;
  std::optional<Json> last;
  bool gone = false;
  SyncSink sink() {
    return [this](const Json& message, Part part) {
      if (part == Part::last) {
        last = message;
      } else {
        progress.push_back(message);
      }
      return !gone;
    };
  }
};

CheckResult result_of(Decision::Kind kind, const std::string& code) {
  CheckResult out;
  out.head = git::ObjectId::parse(std::string(40, 'b'));
  out.decision = {kind, code, "because", out.head};
  return out;
}

TEST_CASE("a check that began before the question does not answer it") {
  SyncWaiters waiters;
  Listener one;
  waiters.add(one.sink(), SyncWaiters::Wait::for_outcome, 5);
  waiters.checked(4, result_of(Decision::Kind::nothing, "up-to-date"), std::nullopt);
  CHECK_FALSE(one.last.has_value());
  waiters.checked(5, result_of(Decision::Kind::nothing, "up-to-date"), std::nullopt);
  REQUIRE(one.last.has_value());
  CHECK((*one.last)["outcome"] == "up-to-date");
  CHECK(waiters.size() == 0);
}

TEST_CASE("a waiter follows its own run only") {
  SyncWaiters waiters;
  Listener one;
  waiters.add(one.sink(), SyncWaiters::Wait::for_outcome, 1);
  waiters.checked(1, result_of(Decision::Kind::plan, "new"), 12);
  waiters.line(11, {.state = history::RunState::locked});
  waiters.line(12, {.state = history::RunState::locked});
  CHECK(one.progress.size() == 2);
  waiters.ended(11, "x", {.state = history::RunState::failed});
  CHECK_FALSE(one.last.has_value());
  waiters.ended(12, "x",
                {.state = history::RunState::rolled_back, .code = "unhealthy", .reason = "web died"});
  CHECK((*one.last)["exit_status"] == 3);
  CHECK((*one.last)["reason"] == "web died");
}

TEST_CASE("a waiter whose commit comes later waits for the check after the run") {
  SyncWaiters waiters;
  Listener one;
  waiters.add(one.sink(), SyncWaiters::Wait::for_outcome, 1);
  waiters.checked(1, result_of(Decision::Kind::wait, "waiting"), std::nullopt);
  CHECK(one.progress.back()["kind"] == "waiting");
  waiters.checked(2, result_of(Decision::Kind::plan, "new"), 13);
  waiters.ended(13, "x", {.state = history::RunState::committed});
  CHECK((*one.last)["outcome"] == "committed");
}

TEST_CASE("a refusal ends with status 5, a failed fetch with 1") {
  CHECK(sync_outcome(result_of(Decision::Kind::refuse, "rewritten")).exit_status == 5);
  CheckResult failed = result_of(Decision::Kind::nothing, "fetch-failed");
  failed.fetch = CheckResult::Fetch::failed;
  CHECK(sync_outcome(failed).exit_status == 1);
}

TEST_CASE("a waiter that went away is forgotten") {
  SyncWaiters waiters;
  Listener one;
  one.gone = true;
  waiters.add(one.sink(), SyncWaiters::Wait::for_outcome, 1);
  waiters.checked(1, result_of(Decision::Kind::plan, "new"), 12);
  CHECK(waiters.size() == 0);
}

TEST_CASE("a listener that throws does not keep the answer from the others") {
  SyncWaiters waiters;
  Listener other;
  waiters.add([](const Json&, Part) -> bool { throw std::runtime_error("broken pipe"); },
              SyncWaiters::Wait::for_outcome, 1);
  waiters.add(other.sink(), SyncWaiters::Wait::for_outcome, 1);
  waiters.checked(1, result_of(Decision::Kind::nothing, "up-to-date"), std::nullopt);
  CHECK(other.last.has_value());
  CHECK(waiters.size() == 0);
}

}  // namespace
}  // namespace hwcsync::daemon
