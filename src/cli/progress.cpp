#include "src/cli/progress.hpp"

#include "gitops/history/run_directory.hpp"
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

// What a state's detail says, in words.
std::string words(const history::JournalLine& line) {
  const Json& detail = line.detail;
  switch (line.state) {
    case RunState::prefetched:
      return text_of(detail, "pulled") + " of " + text_of(detail, "images") + " images pulled";
    case RunState::secrets_staged:
      return text_of(detail, "secrets") + " files";
    case RunState::rendered:
      return text_of(detail, "generated").substr(0, 12);
    case RunState::built:
      return text_of(detail, "store_path");
    case RunState::baseline:
      return text_of(detail, "containers") + " containers before";
    default:
      return "";
  }
}

}  // namespace

void Progress::line(const history::JournalLine& line) {
  if (last_ && !history::is_terminal(last_->state)) {
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(line.at - last_->at);
    std::string name = people_state(history::state_name(last_->state));
    name.resize(std::max<std::size_t>(name.size(), 16), ' ');
    std::string what = shorten(words(*last_), 70);
    if (!what.empty()) what += "   ";
    err_ << "  " << name << what << format_duration(took) << '\n' << std::flush;
  }
  last_ = line;
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
  std::size_t seen = 0;
  auto alive = clock.steady_now();
  for (;;) {
    const auto lines = history::read_journal(directory.journal_path());
    for (; seen < lines.size(); ++seen) progress.line(lines[seen]);
    if (const auto outcome = history::outcome_of(lines)) {
      const auto took =
          std::chrono::duration_cast<std::chrono::milliseconds>(lines.back().at - lines.front().at);
      err << outcome_text(std::string(history::state_name(outcome->state)), outcome->reason, took) << '\n';
      return history::exit_status(*outcome);
    }
    // A worker holds the lock as long as it lives.
    if (daemon::lock_holder(runtime_dir + "/apply.lock")) alive = clock.steady_now();
    if (clock.steady_now() - alive > kPatience) {
      throw Error({"cannot follow run", std::to_string(run), "its worker is gone and has left no outcome",
                   "journalctl -u hwcsync-run-" + std::to_string(run) +
                       "; it is put right by the next run or: systemctl restart hwcsync"});
    }
    clock.sleep_for(kLook);
  }
}

}  // namespace hwcsync::cli
