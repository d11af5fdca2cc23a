#pragma once

#include "gitops/history/journal.hpp"
#include "gitops/history/run_directory.hpp"
#include "src/base/clock.hpp"

#include <chrono>
#include <functional>
#include <optional>

namespace hwcsync::history {

// Reads what was added to a journal since the last call. For event loops: call it when the file may have
// grown.
class JournalFollower {
 public:
  explicit JournalFollower(std::string path) : path_(std::move(path)) {}
  // New complete lines, in order; empty when there are none, or no file yet.
  [[nodiscard]] std::vector<JournalLine> step();

 private:
  std::string path_;
  std::size_t offset_ = 0;
};

struct FollowOptions {
  std::chrono::milliseconds interval{100};
  std::chrono::milliseconds deadline{std::chrono::hours(4)};
  std::function<bool()> stop;  // asked between looks
};

// Hands on each journal line of a run, from the first, until its terminal line: the outcome. Nothing when the
// deadline passed or `stop` said so.
std::optional<Outcome> follow(const RunDirectory& run, Clock& clock,
                              const std::function<void(const JournalLine&)>& line,
                              const FollowOptions& options = {});

}  // namespace hwcsync::history
