#include "watcher/ref_watcher.hpp"

#include "src/base/error.hpp"

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <string_view>
#include <utility>

#include <sys/inotify.h>

namespace hwcsync::watch {
namespace {

namespace fs = std::filesystem;

// Git moves a finished "<name>.lock" over the ref, so names that appear by rename matter most; other
// implementations write in place. Reading (IN_OPEN, IN_ACCESS) must not wake us: our own fetch reads.
constexpr std::uint32_t kMask =
    IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CLOSE_WRITE | IN_DELETE_SELF | IN_MOVE_SELF;

// Deeper than any branch name that people use; keeps a link or a hostile pusher from making us walk for ever.
constexpr std::ptrdiff_t kDeepest = 16;

// Of the repository's own directory only these names say something about refs.
bool matters_in_root(std::string_view name) {
  return name == "HEAD" || name == "packed-refs" || name == "refs" || name == "reftable";
}

}  // namespace

RefWatcher::RefWatcher(std::string git_directory) : root_(std::move(git_directory)) {
  rescan();
  const auto has = [&](std::string_view name) {
    return std::any_of(directories_.begin(), directories_.end(),
                       [&](const auto& entry) { return entry.second == name; });
  };
  if (!has("") || !has("refs")) throw Error("cannot watch", root_, "there is no Git repository");
}

// Watches a directory of the repository and, below the root's own, those in it.
void RefWatcher::watch_below(const std::string& directory) {
  const std::string path = directory.empty() ? root_ : root_ + "/" + directory;
  const auto watch = inotify_.add(path, kMask);
  if (!watch) return;
  directories_[*watch] = directory;
  if (directory.empty() || std::count(directory.begin(), directory.end(), '/') >= kDeepest) return;
  // Listed after the watch stands: an entry is either listed here or makes an event.
  std::error_code error;
  for (fs::directory_iterator entry(path, error), end; !error && entry != end; entry.increment(error)) {
    std::error_code ignored;
    if (entry->symlink_status(ignored).type() == fs::file_type::directory) {
      watch_below(directory + "/" + entry->path().filename().string());
    }
  }
}

void RefWatcher::rescan() {
  ++counters_.rescans;
  directories_.clear();
  watch_below("");
  watch_below("refs");
  watch_below("reftable");
}

void RefWatcher::handle(const InotifyEvent& event, RefObservation& seen) {
  const auto found = directories_.find(event.watch);
  if (found == directories_.end()) return;  // of a directory that has gone since
  const std::string directory = found->second;
  if ((event.mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT)) != 0) {
    if (directory.empty()) seen.gone = true;
    seen.moved = true;
  }
  if ((event.mask & IN_IGNORED) != 0) {
    directories_.erase(found);
    return;
  }
  if (event.name.empty()) return;
  const bool appeared = (event.mask & (IN_CREATE | IN_MOVED_TO)) != 0;
  if (directory.empty()) {
    if (event.name.starts_with(kCookiePrefix)) {
      if (appeared) seen.cookies.push_back(event.name);
      return;
    }
    if (!matters_in_root(event.name)) return;
  } else if (event.name.ends_with(".lock") && (event.mask & IN_ISDIR) == 0) {
    return;  // a ref being prepared; it counts when it gets its name
  }
  if ((event.mask & IN_ISDIR) != 0 && appeared) {
    watch_below(directory.empty() ? event.name : directory + "/" + event.name);
  }
  seen.moved = true;
}

RefObservation RefWatcher::step() {
  RefObservation seen;
  InotifyBatch batch = inotify_.read();
  counters_.events += batch.events.size();
  for (const InotifyEvent& event : batch.events) handle(event, seen);
  if (batch.lost) {
    // What was lost may have been anything, a new directory too.
    ++counters_.overflows;
    seen.moved = true;
    rescan();
  }
  if (!seen.gone && !fs::exists(root_)) seen.gone = true;
  return seen;
}

std::vector<std::string> RefWatcher::watched() const {
  std::vector<std::string> out;
  for (const auto& [watch, directory] : directories_) out.push_back(directory);
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace hwcsync::watch
