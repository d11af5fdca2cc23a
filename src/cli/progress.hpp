#pragma once

#include "gitops/history/journal.hpp"
#include "gitops/history/request.hpp"
#include "src/base/clock.hpp"

#include <iosfwd>
#include <optional>
#include <string>

namespace hwcsync::cli {

// Says how a run goes, one line a finished step: "  build       /nix/store/...   38.0 s".
class Progress {
 public:
  explicit Progress(std::ostream& err) : err_(err) {}
  void line(const history::JournalLine& line);

 private:
  std::ostream& err_;
  std::optional<WallTime> began_;  // the step that is under way
};

// The line that ends `apply`, `rollback` and `sync`, and how long it took. `began`: of the first journal
// line.
[[nodiscard]] std::string outcome_text(const std::string& outcome, const std::string& reason,
                                       std::chrono::milliseconds took);

// Follows the journal of a run to its terminal line and gives the exit status of the outcome. Throws Error
// when the worker has been gone for a while without an end.
[[nodiscard]] int follow_run(const std::string& state_dir, const std::string& runtime_dir, history::RunId run,
                             std::ostream& err, Clock& clock);

}  // namespace hwcsync::cli
