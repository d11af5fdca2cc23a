#pragma once

#include "watcher/inotify.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace hwcsync::watch {

// What a step saw. Events are hints only: whoever cares resolves the ref again and compares object ids.
struct RefObservation {
  bool moved = false;                // a ref, HEAD or packed-refs may have changed
  bool gone = false;                 // the repository was removed or moved away: open a new watcher later
  std::vector<std::string> cookies;  // names of cookie files that appeared; all that happened before was seen
};

struct RefCounters {
  std::size_t events = 0;
  std::size_t overflows = 0;
  std::size_t rescans = 0;
};

// Watches the refs of a local repository: its directory (HEAD, packed-refs), refs and everything below it.
// Directories that appear are watched and looked into, because what was in them before the watch makes no
// event. One thread.
class RefWatcher {
 public:
  // Throws Error when there is no repository at `git_directory`.
  explicit RefWatcher(std::string git_directory);

  // Readable when step() has something to do.
  [[nodiscard]] int fd() const noexcept { return inotify_.fd(); }
  // Takes what has happened since the last step; never waits.
  [[nodiscard]] RefObservation step();

  [[nodiscard]] const RefCounters& counters() const noexcept { return counters_; }
  [[nodiscard]] const std::string& directory() const noexcept { return root_; }
  // Directories watched now, relative to the repository ("" is itself), sorted; for tests and messages.
  [[nodiscard]] std::vector<std::string> watched() const;

  // A file of this prefix in the repository's directory is a cookie, not a change.
  static constexpr const char* kCookiePrefix = "hwcsync-cookie-";

 private:
  void watch_below(const std::string& directory);
  void rescan();
  void handle(const InotifyEvent& event, RefObservation& seen);

  std::string root_;
  Inotify inotify_;
  std::map<int, std::string> directories_;  // by watch number, relative to root_
  RefCounters counters_;
};

}  // namespace hwcsync::watch
