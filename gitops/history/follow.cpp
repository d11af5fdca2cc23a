#include "gitops/history/follow.hpp"

#include "src/base/error.hpp"

#include <cerrno>
#include <filesystem>

#include <fcntl.h>
#include <unistd.h>

namespace hwcsync::history {

std::vector<JournalLine> JournalFollower::step() {
  std::error_code missing;
  const auto size = std::filesystem::file_size(path_, missing);
  // A torn line that recovery cut off makes the file shorter; what we have handed on was complete, so it
  // stays.
  if (missing || size <= offset_) return {};
  const Fd file = open_file(path_, O_RDONLY);
  if (::lseek(file.get(), static_cast<off_t>(offset_), SEEK_SET) < 0) throw_errno("cannot read", path_);
  const std::string text = read_all(file.get(), path_);
  const auto newline = text.rfind('\n');
  if (newline == std::string::npos) return {};
  offset_ += newline + 1;
  return parse_journal(std::string_view(text).substr(0, newline + 1));
}

std::optional<Outcome> follow(const RunDirectory& run, Clock& clock,
                              const std::function<void(const JournalLine&)>& line,
                              const FollowOptions& options) {
  JournalFollower follower(run.journal_path());
  const auto end = clock.steady_now() + options.deadline;
  for (;;) {
    for (const JournalLine& one : follower.step()) {
      if (line) line(one);
      if (is_terminal(one.state)) return outcome_from(one.state, one.detail);
    }
    if (clock.steady_now() >= end || (options.stop && options.stop())) return std::nullopt;
    clock.sleep_for(options.interval);
  }
}

}  // namespace hwcsync::history
