#include "src/daemon/run_monitor.hpp"

#include "src/base/atomic_file.hpp"
#include "src/base/error.hpp"
#include "src/base/log.hpp"

#include <algorithm>
#include <utility>

#include <sys/inotify.h>

namespace hwcsync::daemon {
namespace {

constexpr std::uint32_t kRunsMask = IN_CREATE | IN_MOVED_TO;
constexpr std::uint32_t kRunMask = IN_CREATE | IN_MOVED_TO | IN_MODIFY | IN_CLOSE_WRITE;

}  // namespace

RunMonitor::RunMonitor(EventLoop& loop, std::string state_dir, Events events)
    : state_dir_(std::move(state_dir)), events_(std::move(events)) {
  make_directories(state_dir_ + "/runs", 0755);
  const auto watch = inotify_.add(state_dir_ + "/runs", kRunsMask);
  if (!watch) throw Error("cannot watch", state_dir_ + "/runs", "it is not a directory");
  runs_watch_ = *watch;
  source_ = loop.watch(inotify_.fd(), {.readable = true}, [this](Readiness) { ready(); });
}

void RunMonitor::begin() {
  for (const history::RunId id : history::RunDirectory::list(state_dir_)) {
    attempt(id, [&] {
      const auto lines = history::read_journal(history::RunDirectory::open(state_dir_, id).journal_path());
      if (!history::outcome_of(lines)) follow(id);
      newest_ = std::max(newest_, id);
    });
  }
}

void RunMonitor::follow(history::RunId id) {
  if (open_.contains(id)) return;
  const auto run = history::RunDirectory::open(state_dir_, id);
  // Watched before it is read: a line is either read now or makes an event.
  if (const auto watch = inotify_.add(run.path(), kRunMask)) watches_[*watch] = id;
  open_[id] = OpenRun{.seen = std::chrono::steady_clock::now()};
  // Only now: what counts as seen and is not followed would never be looked at again.
  newest_ = std::max(newest_, id);
  missed_.erase(id);
  read(id);
}

// One run that cannot be read must not hide the others. It is tried again with the next look.
void RunMonitor::attempt(history::RunId id, const std::function<void()>& part) {
  try {
    part();
  } catch (const Error& error) {
    if (!open_.contains(id)) missed_.insert(id);
    newest_ = std::max(newest_, id);
    log(LogLevel::warning, "cannot follow run", {{"run", std::to_string(id)}, {"reason", error.what()}});
  }
}

void RunMonitor::read(history::RunId id) {
  const auto found = open_.find(id);
  if (found == open_.end()) return;
  const auto run = history::RunDirectory::open(state_dir_, id);
  if (found->second.request.to.empty()) {
    if (auto request = run.request()) found->second.request = std::move(*request);
  }
  const auto lines = history::read_journal(run.journal_path());
  std::size_t& known = lines_read_[id];
  for (; known < lines.size(); ++known) {
    found->second.state = lines[known].state;
    found->second.seen = std::chrono::steady_clock::now();
    events_.line(id, lines[known]);
  }
  const auto outcome = history::outcome_of(lines);
  if (!outcome) return;
  const history::Request request = found->second.request;
  for (auto watch = watches_.begin(); watch != watches_.end(); ++watch) {
    if (watch->second != id) continue;
    inotify_.remove(watch->first);
    watches_.erase(watch);
    break;
  }
  open_.erase(found);
  lines_read_.erase(id);
  events_.ended(id, request, *outcome);
}

void RunMonitor::look(history::RunId id) {
  // An older one that is not open has been reported as ended.
  if (id > newest_) follow(id);
  read(id);
}

void RunMonitor::rescan() {
  for (const history::RunId id : history::RunDirectory::list(state_dir_)) {
    if (id > newest_ || missed_.contains(id)) attempt(id, [&] { follow(id); });
  }
  std::vector<history::RunId> ids;
  for (const auto& [id, run] : open_) ids.push_back(id);
  for (const history::RunId id : ids) attempt(id, [&] { read(id); });
}

void RunMonitor::ready() {
  const watch::InotifyBatch batch = inotify_.read();
  bool fresh = batch.lost;
  std::vector<history::RunId> touched;
  for (const watch::InotifyEvent& event : batch.events) {
    if (event.watch == runs_watch_) {
      fresh = true;
    } else if (const auto found = watches_.find(event.watch); found != watches_.end()) {
      // Logs grow in the same directory and are none of our business.
      const bool ours = event.name == "journal.jsonl" || event.name == "request.json";
      if (ours && std::find(touched.begin(), touched.end(), found->second) == touched.end()) {
        touched.push_back(found->second);
      }
    }
  }
  if (fresh) {
    rescan();
    return;
  }
  for (const history::RunId id : touched) attempt(id, [&] { read(id); });
}

}  // namespace hwcsync::daemon
