#pragma once

#include "gitops/history/deployed.hpp"
#include "gitops/history/run_directory.hpp"
#include "gitops/source/repository.hpp"
#include "src/base/error.hpp"
#include "src/base/file_lock.hpp"
#include "src/daemon/run_starter.hpp"
#include "src/settings/settings.hpp"

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace hwcsync::test {

// Stands for systemd and the worker: keeps the journal, deployed.json and the lock as the real one does, and
// ends each run as the first word of the commit's summary says: "doc" unchanged, "bad" rolled back, "flaky"
// failed for a passing reason, "broken" failed for good, "hold" stays at `built` until finish(), "late" stays
// at `switching`, else committed.
class FakeWorker final : public daemon::RunStarter {
 public:
  explicit FakeWorker(settings::Settings settings) : settings_(std::move(settings)) {}

  void start(history::RunId id) override {
    const std::lock_guard guard(mutex_);
    started_.push_back(id);
    if (refuse_to_start) throw Error("cannot start", "the worker", "no systemd");
    auto run = history::RunDirectory::open(settings_.state_dir, id);
    history::Journal journal(run.journal_path());
    // What is found half done is taken back, as recovery does before the switch.
    if (journal.state()) {
      end(run, journal, history::RunState::failed, "interrupted", history::Retry::may_help);
      return;
    }
    if (run.cancel_requested()) {
      end(run, journal, history::RunState::cancelled, "cancelled", history::Retry::useless);
      return;
    }
    lock_ = FileLock::try_lock(settings_.runtime_dir + "/apply.lock");
    const git::Repository mirror(settings_.mirror());
    const auto to = git::ObjectId::parse(run.request()->to);
    const std::string summary = mirror.commit(*to).summary;
    const std::string word = summary.substr(0, summary.find(' '));
    using S = history::RunState;
    step(journal, {S::locked});
    if (word == "doc") {
      end(run, journal, S::unchanged, "", history::Retry::useless);
      return;
    }
    step(journal, {S::prefetched});
    if (word == "flaky" || word == "broken") {
      end(run, journal, S::failed, word,
          word == "flaky" ? history::Retry::may_help : history::Retry::useless);
      return;
    }
    step(journal, {S::secrets_staged, S::rendered, S::built});
    if (word == "hold") return;
    step(journal, {S::baseline, S::switching});
    if (word == "late") return;
    step(journal, {S::switched, S::restarting, S::verifying});
    if (word == "bad") {
      step(journal, {S::rolling_back});
      end(run, journal, S::rolled_back, "unhealthy", history::Retry::useless);
    } else {
      end(run, journal, S::committed, "", history::Retry::useless);
    }
  }

  // Ends the run that "hold" or "late" left open.
  void finish(history::RunId id) {
    const std::lock_guard guard(mutex_);
    using S = history::RunState;
    auto run = history::RunDirectory::open(settings_.state_dir, id);
    history::Journal journal(run.journal_path());
    if (journal.state() == S::built) {
      if (run.cancel_requested()) {
        end(run, journal, S::cancelled, "cancelled", history::Retry::useless);
        return;
      }
      step(journal, {S::baseline, S::switching});
    }
    step(journal, {S::switched, S::restarting, S::verifying});
    end(run, journal, S::committed, "", history::Retry::useless);
  }

  // The worker process dies: its lock goes, its journal stays.
  void die() {
    const std::lock_guard guard(mutex_);
    lock_.reset();
  }

  [[nodiscard]] std::vector<history::RunId> started() {
    const std::lock_guard guard(mutex_);
    return started_;
  }

  std::atomic<bool> refuse_to_start{false};

 private:
  void step(history::Journal& journal, const std::vector<history::RunState>& states) {
    for (const history::RunState state : states) journal.append(clock_.now(), state);
  }

  void end(history::RunDirectory& run, history::Journal& journal, history::RunState state,
           const std::string& code, history::Retry retry) {
    const history::Outcome outcome{.state = state, .code = code, .reason = code, .retry = retry};
    journal.append(clock_.now(), state, history::outcome_detail(outcome));
    // As the real worker: the terminal line is the commit point, deployed.json follows it, the lock goes
    // last.
    if (outcome.good()) {
      history::write_deployed(
          settings_.state_dir,
          {.host = settings_.host, .revision = run.request()->to, .run = run.id(), .at = clock_.now()});
    }
    lock_.reset();
  }

  settings::Settings settings_;
  SystemClock clock_;
  std::mutex mutex_;
  std::vector<history::RunId> started_;
  std::optional<FileLock> lock_;
};

}  // namespace hwcsync::test
