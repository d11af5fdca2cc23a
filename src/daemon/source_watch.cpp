#include "src/daemon/source_watch.hpp"

#include "src/base/error.hpp"
#include "src/base/log.hpp"
#include "watcher/local_repository.hpp"

#include <utility>

namespace hwcsync::daemon {

SourceWatch::SourceWatch(EventLoop& loop, std::string url, std::function<void(Time)> moved)
    : loop_(loop), url_(std::move(url)), moved_(std::move(moved)), alarm_(loop, [this] { fire(); }) {
  (void)ensure();
}

bool SourceWatch::ensure() {
  if (watcher_) return false;
  const auto path = watch::local_path(url_);
  const auto directory = path ? watch::git_directory(*path) : std::nullopt;
  if (!directory) return false;
  try {
    watcher_ = std::make_unique<watch::RefWatcher>(*directory);
  } catch (const Error& error) {
    log(LogLevel::warning, "cannot watch source", {{"path", *directory}, {"reason", error.what()}});
    return false;
  }
  source_ = loop_.watch(watcher_->fd(), {.readable = true}, [this](Readiness) { ready(); });
  log(LogLevel::info, "watching source", {{"path", *directory}});
  return true;
}

void SourceWatch::ready() {
  const watch::RefObservation seen = watcher_->step();
  if (seen.moved || seen.gone) {
    debounce_.note(std::chrono::steady_clock::now());
    arm();
  }
  if (!seen.gone) return;
  log(LogLevel::warning, "source is gone", {{"path", watcher_->directory()}});
  const watch::RefCounters last = watcher_->counters();
  past_.events += last.events;
  past_.overflows += last.overflows;
  past_.rescans += last.rescans;
  source_.reset();
  watcher_.reset();
}

void SourceWatch::arm() {
  const auto due = debounce_.due();
  if (!due) return;
  alarm_.set(std::chrono::ceil<std::chrono::microseconds>(*due - std::chrono::steady_clock::now()));
}

void SourceWatch::fire() {
  if (const auto first = debounce_.take(std::chrono::steady_clock::now())) {
    moved_(*first);
  } else {
    arm();
  }
}

std::string SourceWatch::watching() const {
  return watcher_ ? watcher_->directory() : "";
}

watch::RefCounters SourceWatch::counters() const {
  watch::RefCounters out = past_;
  if (watcher_) {
    const watch::RefCounters now = watcher_->counters();
    out.events += now.events;
    out.overflows += now.overflows;
    out.rescans += now.rescans;
  }
  return out;
}

}  // namespace hwcsync::daemon
