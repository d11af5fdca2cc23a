#include "src/daemon/run_monitor.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/temporary_directory.hpp"

#include <filesystem>
#include <fstream>

namespace hwcsync::daemon {
namespace {

using history::RunState;

// Runs of a machine, and what a monitor tells of them.
class Watched {
 public:
  Watched() = default;

  history::RunDirectory run() { return history::RunDirectory::allocate(directory.path(), {.to = "main"}); }
  static void line(const history::RunDirectory& run, RunState state) {
    history::Journal(run.journal_path()).append({}, state);
  }

  test::TemporaryDirectory directory;
  EventLoop loop;
  std::vector<std::pair<history::RunId, RunState>> told;
  std::vector<history::RunId> ended;
  RunMonitor monitor{loop,
                     directory.path(),
                     {.line = [this](history::RunId id,
                                     const history::JournalLine& line) { told.emplace_back(id, line.state); },
                      .ended = [this](history::RunId id, const history::Request&,
                                      const history::Outcome&) { ended.push_back(id); }}};
};

TEST_CASE("a run that cannot be read does not hide the others") {
  Watched watched;
  const auto broken = watched.run();
  std::filesystem::create_directory(broken.journal_path());
  const auto good = watched.run();
  Watched::line(good, RunState::locked);
  watched.monitor.rescan();
  CHECK(watched.told == std::vector<std::pair<history::RunId, RunState>>{{2, RunState::locked}});

  // When it can be read, it is told of.
  std::filesystem::remove(broken.journal_path());
  Watched::line(broken, RunState::busy);
  watched.monitor.rescan();
  CHECK(watched.ended == std::vector<history::RunId>{1});
}

TEST_CASE("a run that could not be followed is not taken for one that has ended") {
  Watched watched;
  // A name like a run's, which is no directory yet: nothing can be watched there.
  const std::string path = watched.directory.path() + "/runs/1";
  std::ofstream(path) << "";
  watched.monitor.rescan();
  std::filesystem::remove(path);
  const auto run = watched.run();
  CHECK(run.id() == 1);
  Watched::line(run, RunState::locked);
  watched.monitor.rescan();
  CHECK(watched.told.size() == 1);
}

TEST_CASE("runs that are there at the start are taken up, but for the broken") {
  Watched watched;
  const auto broken = watched.run();
  std::filesystem::create_directory(broken.journal_path());
  const auto over = watched.run();
  Watched::line(over, RunState::busy);
  const auto open = watched.run();
  Watched::line(open, RunState::locked);
  watched.monitor.begin();
  CHECK(watched.monitor.open().count(open.id()) == 1);
  CHECK(watched.ended.empty());
  watched.monitor.rescan();
  CHECK(watched.ended.empty());
}

}  // namespace
}  // namespace hwcsync::daemon
