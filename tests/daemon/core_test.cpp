#include "src/daemon/core.hpp"

#include "tests/daemon/machine.hpp"

#include <filesystem>

namespace hwcsync::daemon {
namespace {

using test::Machine;

TEST_CASE("the first revision is deployed at the start") {
  Machine m;
  m.settle();
  CHECK(m.requests() == std::vector<std::string>{"poll " + m.git.head()});
  CHECK(m.deployed() == m.git.head());
}

TEST_CASE("a push is applied exactly once") {
  Machine m;
  m.settle();
  const std::string id = m.push("ok second");
  m.step_until([&] { return m.deployed() == id; });
  m.settle();
  CHECK(m.requests().back() == "push " + id);
  CHECK(m.requests().size() == 2);
  const Json outcome = m.sync();
  CHECK(outcome["outcome"] == "up-to-date");
  CHECK(m.requests().size() == 2);
  CHECK(m.worker.started().size() == 2);
  const Status status = m.core->status();
  CHECK(status.counters.triggers.at("push") >= 1);
  CHECK(status.counters.runs.at("committed") == 2);
  REQUIRE(status.last_plan_ms.has_value());
}

TEST_CASE("a push to another branch asks for nothing") {
  Machine m;
  m.settle();
  m.git.commit("x", "x", "ok elsewhere");
  m.git.push({"main:refs/heads/feature/x"});
  CHECK(m.sync()["outcome"] == "up-to-date");
  CHECK(m.requests().size() == 1);
}

TEST_CASE("a check with nothing new fetches nothing and plans nothing") {
  Machine m;
  m.settle();
  const auto fetches = m.core->status().counters.fetches;
  const int plans = m.plans;
  CHECK(m.sync()["outcome"] == "up-to-date");
  CHECK(m.core->status().counters.fetches == fetches);
  CHECK(m.plans == plans);
}

TEST_CASE("a revision of documents is handled by the worker and moves the deployed one") {
  Machine m;
  m.settle();
  const std::string id = m.push("doc readme", "README.md");
  const Json outcome = m.sync();
  CHECK(m.deployed() == id);
  CHECK(m.core->status().counters.runs.at("unchanged") == 1);
  CHECK(m.sync()["outcome"] == "up-to-date");
  CHECK(m.requests().size() == 2);
}

TEST_CASE("whoever waits for a sync sees the run and its outcome") {
  Machine m;
  m.settle();
  m.git.commit("x", "x", "hold x");
  m.git.push();
  m.step_until([&] { return m.core->status().run && m.core->status().run->state == "built"; });
  std::optional<Json> last;
  std::vector<Json> progress;
  m.core->sync(
      [&](const Json& message, Part part) {
        if (part == Part::last) {
          last = message;
        } else {
          progress.push_back(message);
        }
        return true;
      },
      SyncWaiters::Wait::for_outcome);
  m.step_until([&] { return !progress.empty(); });
  m.worker.finish(2);
  m.step_until([&] { return last.has_value(); });
  CHECK((*last)["outcome"] == "committed");
  CHECK((*last)["run"] == 2);
  CHECK((*last)["revision"] == m.git.head());
  CHECK((*last)["exit_status"] == 0);
  CHECK(progress.front()["kind"] == "run");
  CHECK(progress.back()["kind"] == "state");
  m.settle();
}

TEST_CASE("a rewritten branch is refused with the reason until it is accepted") {
  Machine m;
  m.settle();
  const std::string second = m.push("ok second");
  m.step_until([&] { return m.deployed() == second; });
  m.settle();
  m.git.git_in_work({"reset", "--quiet", "--hard", "HEAD~1"});
  const std::string other = m.git.commit("other", "x", "ok other");
  m.git.push({"--force", "main"});
  const Json outcome = m.sync();
  CHECK(outcome["outcome"] == "refused");
  CHECK(outcome["code"] == "rewritten");
  CHECK(outcome["exit_status"] == 5);
  CHECK(outcome["reason"].get<std::string>().find("main was rewritten") == 0);
  CHECK(m.core->status().decision.code == "rewritten");
  CHECK(m.deployed() == second);
  CHECK(m.requests().size() == 2);
  m.core->accept_rewrite(other.substr(0, 8));
  m.step_until([&] { return m.deployed() == other; });
  m.settle();
  CHECK(read_steering(m.settings.state_dir).accepted_rewrite.empty());
}

TEST_CASE("a commit that was never deployed may be amended") {
  Machine m;
  m.settle();
  m.push("unparsable second");
  CHECK(m.sync()["code"] == "bad-revision");
  m.git.git_in_work({"commit", "--quiet", "--amend", "-m", "ok amended"});
  m.git.push({"--force", "main"});
  CHECK(m.sync()["exit_status"] == 0);
  CHECK(m.deployed() == m.git.head());
}

TEST_CASE("a revision that was rolled back is quarantined until a retry or a new commit") {
  Machine m;
  m.settle();
  const std::string first = m.deployed();
  const std::string bad = m.push("bad second");
  m.step_until([&] { return m.core->status().counters.runs.contains("rolled-back"); });
  m.settle();
  CHECK(m.deployed() == first);
  CHECK(m.requests().size() == 2);
  for (int i = 0; i < 3; ++i) {
    const Json outcome = m.sync();
    CHECK(outcome["code"] == "quarantined");
    CHECK(outcome["exit_status"] == 5);
  }
  CHECK(m.requests().size() == 2);
  // A new daemon does not forget.
  m.boot();
  CHECK(m.sync()["code"] == "quarantined");
  CHECK(m.requests().size() == 2);
  m.core->retry("");
  m.step_until([&] { return m.requests().size() == 3; });
  m.settle();
  CHECK(m.requests().back() == "retry " + bad);
  CHECK(m.sync()["code"] == "quarantined");
  CHECK(m.requests().size() == 3);
  const std::string good = m.push("ok revert");
  CHECK(m.sync()["exit_status"] == 0);
  CHECK(m.deployed() == good);
}

TEST_CASE("a revision that does not parse is judged once") {
  Machine m;
  m.settle();
  m.push("unparsable");
  CHECK(m.sync()["reason"].get<std::string>().find("unknown key 'stakcs'") != std::string::npos);
  const int plans = m.plans;
  CHECK(m.sync()["code"] == "bad-revision");
  CHECK(m.plans == plans);
  CHECK(m.core->status().counters.refusals.at("bad-revision") == 1);
  CHECK(m.requests().size() == 1);
}

TEST_CASE("a plan that is refused makes no run") {
  Machine m;
  m.settle();
  m.push("vanished");
  const Json outcome = m.sync();
  CHECK(outcome["code"] == "everything-vanished");
  CHECK(m.requests().size() == 1);
}

TEST_CASE("a newer commit replaces a run that has not begun to switch") {
  Machine m;
  m.settle();
  const std::string waiting = m.push("hold second");
  m.step_until([&] { return m.core->status().run && m.core->status().run->state == "built"; });
  const std::string newer = m.push("ok third");
  const auto run = history::RunDirectory::open(m.settings.state_dir, 2);
  m.step_until([&] { return run.cancel_requested(); });
  m.worker.finish(2);
  m.step_until([&] { return m.deployed() == newer; });
  m.settle();
  CHECK(m.core->status().counters.runs.at("cancelled") == 1);
  CHECK(m.requests().size() == 3);
}

TEST_CASE("a run that switches is never stopped, and the newer commit comes after it") {
  Machine m;
  m.settle();
  const std::string first = m.push("late second");
  m.step_until([&] { return m.core->status().run && m.core->status().run->state == "switching"; });
  const std::string newer = m.push("ok third");
  m.step_until([&] { return m.core->status().decision.kind == Decision::Kind::wait; });
  CHECK_FALSE(history::RunDirectory::open(m.settings.state_dir, 2).cancel_requested());
  m.worker.finish(2);
  m.step_until([&] { return m.deployed() == newer; });
  m.settle();
  CHECK(m.core->status().counters.runs.at("committed") == 3);
}

TEST_CASE("of several commits that wait only the newest is applied") {
  Machine m;
  m.settle();
  m.push("late second");
  m.step_until([&] { return m.core->status().run && m.core->status().run->state == "switching"; });
  m.push("ok third");
  m.push("ok fourth");
  const std::string newest = m.push("ok fifth");
  m.worker.finish(2);
  m.step_until([&] { return m.deployed() == newest; });
  m.settle();
  CHECK(m.requests().size() == 3);
}

TEST_CASE("suspended, nothing is applied, also by a new daemon, until it is resumed") {
  Machine m;
  m.settle();
  m.core->suspend("holidays", "eric");
  const std::string id = m.push("ok second");
  CHECK(m.sync()["code"] == "suspended");
  m.boot();
  const Json outcome = m.sync();
  CHECK(outcome["reason"] == "suspended: holidays; to go on: hwcsync resume");
  CHECK(m.core->status().suspended->who == "eric");
  CHECK(m.requests().size() == 1);
  m.core->resume();
  m.step_until([&] { return m.deployed() == id; });
  m.settle();
}

TEST_CASE("after a failed rollback nothing is applied until somebody resumes") {
  Machine m;
  m.settle();
  std::ofstream(m.settings.state_dir + "/halted") << R"({"version":1,"run":1,"reason":"switch died"})";
  const std::string id = m.push("ok second");
  CHECK(m.sync()["code"] == "halted");
  CHECK(m.requests().size() == 1);
  m.core->resume();
  m.step_until([&] { return m.deployed() == id; });
  m.settle();
}

TEST_CASE("a passing failure is tried again later, at once when a person asks") {
  Machine m;
  m.settle();
  m.push("flaky second");
  m.step_until([&] { return m.core->status().counters.runs.contains("failed"); });
  m.settle();
  CHECK(m.core->status().decision.code == "backing-off");
  CHECK(m.requests().size() == 2);
  CHECK(m.core->status().next_poll_ms < 10'000);
  const Json outcome = m.sync();
  CHECK(outcome["outcome"] == "failed");
  CHECK(outcome["exit_status"] == 1);
  CHECK(m.requests().size() == 3);
}

TEST_CASE("a source that cannot be fetched is told and tried again with growing patience") {
  Machine m;
  m.settle();
  std::filesystem::rename(m.git.bare(), m.git.bare() + ".away");
  const Json outcome = m.sync();
  CHECK(outcome["outcome"] == "fetch-failed");
  CHECK(outcome["exit_status"] == 1);
  const Status status = m.core->status();
  CHECK_FALSE(status.fetch_error.empty());
  CHECK(status.failures_in_a_row >= 1);
  CHECK(status.watching.empty());
  CHECK(status.next_poll_ms < 60'000);
  CHECK(m.sync()["outcome"] == "fetch-failed");
  CHECK(m.requests().size() == 1);
  std::filesystem::rename(m.git.bare() + ".away", m.git.bare());
  CHECK(m.sync()["outcome"] == "up-to-date");
  CHECK(m.core->status().failures_in_a_row == 0);
}

TEST_CASE("a branch that is deleted is refused and nothing is taken down") {
  Machine m;
  m.settle();
  m.git.git_in_bare({"symbolic-ref", "HEAD", "refs/heads/other"});
  m.git.push({":refs/heads/main"});
  CHECK(m.sync()["code"] == "no-branch");
  CHECK(m.requests().size() == 1);
}

TEST_CASE("a run that a crash left open is recovered by a new daemon before anything else") {
  Machine m;
  m.settle();
  m.push("late second");
  m.step_until([&] { return m.core->status().run && m.core->status().run->state == "switching"; });
  // Daemon and worker die.
  m.core.reset();
  m.worker.die();
  // The fake takes back what it finds half done; that needs a state before the switch.
  std::filesystem::remove(m.settings.runs() + "/2/journal.jsonl");
  history::Journal(m.settings.runs() + "/2/journal.jsonl").append(m.clock.now(), history::RunState::locked);
  m.boot();
  m.step_until([&] { return m.core->status().counters.runs.contains("failed"); });
  m.settle();
  CHECK(m.core->status().counters.recoveries == 1);
  CHECK(m.worker.started() == std::vector<history::RunId>{1, 2, 2});
}

TEST_CASE("a run of somebody else is followed and not disturbed") {
  Machine m;
  m.settle();
  auto lock = FileLock::try_lock(m.settings.runtime_dir + "/apply.lock");
  const auto run =
      history::RunDirectory::allocate(m.settings.state_dir, {.host = "server",
                                                             .trigger = {.kind = "rollback", .who = "eric"},
                                                             .operation = history::Operation::rollback});
  history::Journal journal(run.journal_path());
  journal.append(m.clock.now(), history::RunState::locked);
  m.step_until([&] { return m.core->status().run.has_value(); });
  const std::string id = m.push("ok second");
  m.step_until([&] { return m.core->status().decision.kind == Decision::Kind::wait; });
  CHECK_FALSE(run.cancel_requested());
  CHECK(m.requests().size() == 2);
  journal.append(m.clock.now(), history::RunState::failed, {{"code", "x"}, {"reason", "x"}});
  lock.reset();
  m.step_until([&] { return m.deployed() == id; });
  m.settle();
}

TEST_CASE("a worker that cannot be started does not end the daemon") {
  Machine m;
  m.settle();
  m.worker.refuse_to_start = true;
  m.push("ok second");
  m.step_until([&] { return m.core->status().counters.runs_requested == 2; });
  CHECK(m.core->status().run->state == "requested");
  CHECK_FALSE(m.core->settled());
}

TEST_CASE("settings that are read again change the branch") {
  Machine m;
  m.settle();
  m.git.commit("x", "x", "ok elsewhere");
  m.git.push({"main:refs/heads/production"});
  CHECK(m.sync()["outcome"] == "up-to-date");
  settings::Settings fresh = m.settings;
  fresh.repository.branch = "production";
  m.core->reload(fresh);
  CHECK(m.sync()["outcome"] == "committed");
  CHECK(m.deployed() == m.git.head());
}

TEST_CASE("a check that breaks off is told to whoever waits and does not stop the next one") {
  Machine m;
  m.settle();
  m.push("hold second");
  m.step_until([&] { return m.core->status().run && m.core->status().run->state == "built"; });
  const std::string run = m.settings.state_dir + "/runs/2";
  const std::string aside = m.settings.state_dir + "/aside";
  // The run under way cannot be asked to stop any more.
  std::filesystem::rename(run, aside);
  const std::string third = m.push("ok third");
  std::optional<Json> last;
  m.core->sync(
      [&](const Json& message, Part part) {
        if (part == Part::last) last = message;
        return true;
      },
      SyncWaiters::Wait::for_outcome);
  m.step_until([&] { return last.has_value(); });
  CHECK((*last)["outcome"] == "refused");
  CHECK((*last)["code"] == "broken-state");
  CHECK((*last)["reason"].get<std::string>().find("cannot open") == 0);
  CHECK(m.core->status().decision.code == "broken-state");
  std::filesystem::rename(aside, run);
  m.worker.finish(2);
  m.sync();
  CHECK(m.deployed() == third);
}

TEST_CASE("whoever waits hears of the end of a run although the steering cannot be stored") {
  Machine m;
  m.settle();
  const std::string id = m.push("hold second");
  m.step_until([&] { return m.core->status().run && m.core->status().run->state == "built"; });
  m.core->retry(id);
  std::optional<Json> last;
  bool bound = false;
  m.core->sync(
      [&](const Json& message, Part part) {
        if (part == Part::last) last = message;
        bound = true;
        return true;
      },
      SyncWaiters::Wait::for_outcome);
  m.step_until([&] { return bound; });
  const std::string steering = m.settings.state_dir + "/steering.json";
  std::filesystem::remove(steering);
  std::filesystem::create_directory(steering);
  m.worker.finish(2);
  m.step_until([&] { return last.has_value(); });
  CHECK((*last)["outcome"] == "committed");
  m.settle();
  // It is used up, and a later run of the same revision is no retry.
  std::filesystem::remove(steering);
  m.core->suspend("holiday", "me");
  CHECK(read_steering(m.settings.state_dir).retry.empty());
}

}  // namespace
}  // namespace hwcsync::daemon
