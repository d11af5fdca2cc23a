#pragma once

#include "src/daemon/core.hpp"
#include "tests/daemon/fake_worker.hpp"
#include "tests/support/catch.hpp"
#include "tests/watcher/git_sandbox.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace hwcsync::test {

inline settings::Settings machine_settings(const GitSandbox& git) {
  settings::Settings out;
  out.host = "server";
  out.repository.url = git.bare();
  out.poll_interval = std::chrono::hours(10);  // what a test sees must not come from the timer
  out.state_dir = git.path() + "/state";
  out.runtime_dir = git.path() + "/run";
  out.deadlines.fetch = std::chrono::seconds(20);
  return out;
}

// A machine with a real bare repository, real fetches, a real loop, and a fake worker.
class Machine {
 public:
  Machine() : settings(machine_settings(git)), worker(settings) {
    // The fake's answer is in the summary of the commit; a plan is refused when the summary says so.
    planner = [this](const git::Repository& mirror, const std::string&, const std::optional<git::ObjectId>&,
                     const git::ObjectId& to) {
      ++plans;
      const std::string summary = mirror.commit(to).summary;
      if (summary.starts_with("unparsable")) {
        throw ConfigError(ConfigKind::repository, {{{"hwcsync.yaml", 1, 1}, "unknown key 'stakcs'"}});
      }
      daemon::PlannedRevision out{.id = "1234", .json = {{"version", 1}}, .stacks_parsed = 1};
      if (summary.starts_with("vanished")) {
        out.refusal_code = "everything-vanished";
        out.refusal = "no stack is left";
      }
      return out;
    };
    git.commit("README.md", "0", "ok first");
    git.push();
    boot();
  }

  // A new daemon over what is on disk.
  void boot() {
    core.reset();
    core = std::make_unique<daemon::Core>(
        loop, settings,
        daemon::CoreSeams{.runner = runner, .starter = worker, .clock = clock, .planner = planner});
    core->start();
  }

  void step_until(const std::function<bool()>& done) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!done()) {
      if (std::chrono::steady_clock::now() > deadline)
        FAIL("nothing more happened: " << to_json(core->status()).dump(2));
      (void)loop.step(std::chrono::milliseconds(100));
    }
  }

  void settle() {
    step_until([&] { return core->settled(); });
  }

  // Asks for a sync and gives its outcome: a cookie, since all that happened before was seen by its check.
  Json sync() {
    std::optional<Json> last;
    core->sync(
        [&](const Json& message, daemon::Part part) {
          if (part == daemon::Part::last) {
            last = message;
          } else {
            progress.push_back(message);
          }
          return true;
        },
        daemon::SyncWaiters::Wait::for_outcome);
    step_until([&] { return last.has_value(); });
    settle();
    return *last;
  }

  std::string push(const std::string& summary, const std::string& file = "file") {
    const std::string id = git.commit(file, summary + std::to_string(++commits_), summary);
    git.push();
    return id;
  }

  // Runs that were asked for, as "kind revision".
  std::vector<std::string> requests() {
    std::vector<std::string> out;
    for (const auto id : history::RunDirectory::list(settings.state_dir)) {
      const auto request = history::RunDirectory::open(settings.state_dir, id).request();
      // Its directory is there a moment before its request is.
      if (request) out.push_back(request->trigger.kind + ' ' + request->to);
    }
    return out;
  }

  std::string deployed() {
    const auto found = history::read_deployed(settings.state_dir);
    return found ? found->revision : "";
  }

  GitSandbox git;
  settings::Settings settings;
  SystemProcessRunner runner;
  SystemClock clock;
  FakeWorker worker;
  daemon::Planner planner;
  std::atomic<int> plans{0};
  std::vector<Json> progress;
  EventLoop loop;
  std::unique_ptr<daemon::Core> core;

 private:
  int commits_ = 0;
};

}  // namespace hwcsync::test
