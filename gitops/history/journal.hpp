#pragma once

#include "gitops/history/outcome.hpp"
#include "src/base/clock.hpp"
#include "src/base/fd.hpp"
#include "src/base/json.hpp"

#include <optional>
#include <string>
#include <vector>

namespace hwcsync::history {

// One line of <run>/journal.jsonl: {"version":1,"at":"RFC 3339","state":"locked","detail":{...}}
// (docs/formats.md).
struct JournalLine {
  WallTime at;
  RunState state = RunState::locked;
  Json detail = Json::object();
};

// The journal of one run, opened to add to it. One writer at a time, who holds the apply lock.
class Journal {
 public:
  // Creates the file when there is none. A torn last line (a crash in the middle of a write) is cut off: it
  // was not synced, so its step was not taken. Throws SystemError.
  explicit Journal(const std::string& path);

  // Writes and syncs one line before it returns. Throws Error for a transition that the table does not have,
  // above all for anything after a terminal line, and SystemError when the disk refuses (the journal is then
  // as before).
  const JournalLine& append(WallTime at, RunState state, Json detail = Json::object());

  [[nodiscard]] const std::vector<JournalLine>& lines() const noexcept { return lines_; }
  [[nodiscard]] std::optional<RunState> state() const;

 private:
  std::string path_;
  Fd fd_;
  std::vector<JournalLine> lines_;
};

// The complete lines of a journal; empty when there is no file. Reads while a writer writes. A line that a
// newer version wrote with a state unknown here is left out.
[[nodiscard]] std::vector<JournalLine> read_journal(const std::string& path);

// The lines in a piece of a journal, up to its last newline.
[[nodiscard]] std::vector<JournalLine> parse_journal(std::string_view text);

// The terminal line as a value; nothing while the run is going on (or was interrupted).
[[nodiscard]] std::optional<Outcome> outcome_of(const std::vector<JournalLine>& lines);

}  // namespace hwcsync::history
