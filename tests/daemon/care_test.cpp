#include "src/daemon/run_keeper.hpp"
#include "tests/support/catch.hpp"

namespace hwcsync::daemon {
namespace {

using history::RunState;
using std::chrono::milliseconds;

TEST_CASE("a run that has not ended gets the care it needs") {
  struct Row {
    std::string story;
    RunSigns signs;
    Care care;
  };
  const std::vector<Row> rows{
      {"its worker is at work",
       {.state = RunState::built, .lock_held = true, .silent = milliseconds(3'600'000)},
       Care::none},
      {"interrupted before we came", {.state = RunState::switching}, Care::start},
      {"interrupted, recovery just started",
       {.state = RunState::switching, .silent = milliseconds(100), .patience = milliseconds(5000)},
       Care::none},
      {"interrupted, recovery failed too",
       {.state = RunState::switching, .silent = milliseconds(6000), .patience = milliseconds(5000)},
       Care::start},
      {"asked for a moment ago", {.ours = true, .silent = milliseconds(50)}, Care::none},
      {"ours, and its worker never came",
       {.ours = true, .silent = milliseconds(11'000), .patience = milliseconds(5000)},
       Care::start},
      {"somebody else's, just asked for", {.silent = milliseconds(9'000)}, Care::none},
      {"somebody else's, who died", {.silent = milliseconds(10'000)}, Care::dismiss},
      {"never begun while another run works",
       {.lock_held = true, .silent = milliseconds(60'000)},
       Care::none},
  };
  for (const Row& row : rows) {
    INFO(row.story);
    CHECK(care_for(row.signs) == row.care);
  }
}

}  // namespace
}  // namespace hwcsync::daemon
