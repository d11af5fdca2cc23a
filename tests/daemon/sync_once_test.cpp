#include "src/daemon/sync_once.hpp"

#include "tests/daemon/machine.hpp"

namespace hwcsync::daemon {
namespace {

using test::Machine;

SyncOutcome once(Machine& m, SyncWaiters::Wait wait = SyncWaiters::Wait::for_outcome) {
  return sync_once({.settings = m.settings,
                    .config = "",
                    .wait = wait,
                    .progress = [&](const Json& message) { m.progress.push_back(message); }},
                   {.runner = m.runner, .starter = m.worker, .clock = m.clock, .planner = m.planner});
}

TEST_CASE("sync --once applies what is new and tells how it ended") {
  Machine m;
  m.settle();
  m.core.reset();
  CHECK(once(m).outcome == "up-to-date");
  const std::string id = m.push("ok second");
  const SyncOutcome outcome = once(m);
  CHECK(outcome.outcome == "committed");
  CHECK(outcome.revision == id);
  CHECK(outcome.run == 2);
  CHECK(outcome.exit_status == 0);
  CHECK(m.deployed() == id);
  REQUIRE_FALSE(m.progress.empty());
  CHECK(m.progress.front()["kind"] == "run");
  m.push("bad third");
  CHECK(once(m).exit_status == 3);
  CHECK(once(m).code == "quarantined");
}

TEST_CASE("sync --once without waiting comes back when the run was asked for") {
  Machine m;
  m.settle();
  m.core.reset();
  m.push("hold second");
  const SyncOutcome outcome = once(m, SyncWaiters::Wait::for_request);
  CHECK(outcome.outcome == "requested");
  CHECK(outcome.run == 2);
}

TEST_CASE("sync --once does not work beside a daemon") {
  Machine m;
  m.settle();
  m.core.reset();
  const auto daemon = FileLock::try_lock(m.settings.runtime_dir + "/daemon.lock");
  REQUIRE_THROWS_AS(once(m), BusyError);
}

}  // namespace
}  // namespace hwcsync::daemon
