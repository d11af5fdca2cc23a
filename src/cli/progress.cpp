#include "src/cli/progress.hpp"

#include "gitops/history/follow.hpp"
#include "src/base/error.hpp"
#include "src/cli/people.hpp"
#include "src/daemon/lock_probe.hpp"

#include <ostream>

namespace hwcsync::cli {
namespace {

using history::RunState;
constexpr std::chrono::milliseconds kLook{50};
constexpr std::chrono::seconds kPatience{20};

std::string text_of(const Json& detail, const char* key) {
  const auto found = detail.find(key);
  if (found == detail.end() || found->is_null()) return "";
  return found->is_string() ? found->get<std::string>() : found->dump();
}

struct Step {
  std::string name;
  std::string what;
};

std::string images_text(const Json& detail) {
  std::string out = text_of(detail, "pulled") + " of " + text_of(detail, "images") + " pulled";
  if (detail.contains("later"))
    out += "; " + text_of(detail, "later") + " when the switch has made their user";
  return out;
}

// The step that is over when a line with this state comes; no name for lines that end none.
Step step_of(const history::JournalLine& line) {
  const Json& detail = line.detail;
  switch (line.state) {
    case RunState::prefetched:
      return {"images", images_text(detail)};
    case RunState::secrets_staged:
      return {"secrets", text_of(detail, "secrets") + " files"};
    case RunState::rendered:
      return {"modules", text_of(detail, "generated").substr(0, 12)};
    case RunState::built:
      return {"build", text_of(detail, "store_path")};
    case RunState::switched:
      return {"switch", ""};
    case RunState::committed:
      return {"healthy",
              text_of(detail, "containers") + " containers, " + text_of(detail, "probes") + " probes"};
    case RunState::rolled_back:
      return {"rollback", text_of(detail, "containers_back") + " containers are back"};
    default:
      return {};
  }
}

}  // namespace

void Progress::line(const history::JournalLine& line) {
  const Step step = step_of(line);
  if (!began_) began_ = line.at;
  if (step.name.empty()) return;
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(line.at - *began_);
  std::string name = step.name;
  name.resize(12, ' ');
  err_ << "  " << name << shorten(step.what, 70) << (step.what.empty() ? "" : "   ") << format_duration(took)
       << '\n'
       << std::flush;
  began_ = line.at;
}

std::string outcome_text(const std::string& outcome, const std::string& reason,
                         std::chrono::milliseconds took) {
  std::string out = people_state(outcome) + " in " + format_duration(took);
  if (!reason.empty()) out += ": " + reason;
  return out;
}

int follow_run(const std::string& state_dir, const std::string& runtime_dir, history::RunId run,
               std::ostream& err, Clock& clock) {
  const auto directory = history::RunDirectory::open(state_dir, run);
  Progress progress(err);
  std::optional<WallTime> first;
  WallTime last;
  auto alive = clock.steady_now();
  history::FollowOptions options{.interval = kLook};
  // A worker holds the lock as long as it lives.
  options.stop = [&] {
    if (daemon::lock_holder(runtime_dir + "/apply.lock")) alive = clock.steady_now();
    return clock.steady_now() - alive > kPatience;
  };
  const auto outcome = history::follow(
      directory, clock,
      [&](const history::JournalLine& line) {
        if (!first) first = line.at;
        last = line.at;
        progress.line(line);
      },
      options);
  if (!outcome) {
    const std::string unit = "hwcsync-run-" + std::to_string(run);
    throw Error({"cannot follow run", std::to_string(run), "its worker is gone and has left no outcome",
                 "journalctl -u " + unit + "; it is put right by: systemctl restart hwcsync"});
  }
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(last - first.value_or(last));
  err << outcome_text(std::string(history::state_name(outcome->state)), outcome->reason, took) << '\n';
  return history::exit_status(*outcome);
}

}  // namespace hwcsync::cli
