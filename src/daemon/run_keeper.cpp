#include "src/daemon/run_keeper.hpp"

#include "src/base/error.hpp"
#include "src/base/log.hpp"
#include "src/daemon/lock_probe.hpp"
#include "watcher/backoff.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace hwcsync::daemon {
namespace {

using std::chrono::milliseconds;

// Between a request and the first line of the journal lie systemd-run and the start of a process.
constexpr milliseconds kBeginning{10'000};
constexpr milliseconds kPace{5'000};

}  // namespace

Care care_for(const RunSigns& signs) {
  if (signs.lock_held || signs.silent < signs.patience) return Care::none;
  if (signs.state) return Care::start;
  if (signs.silent < kBeginning) return Care::none;
  return signs.ours ? Care::start : Care::dismiss;
}

RunKeeper::RunKeeper(EventLoop& loop, Background& background, RunStarter& starter, RunMonitor& monitor,
                     Options options)
    : loop_(loop),
      background_(background),
      starter_(starter),
      monitor_(monitor),
      options_(std::move(options)) {}

void RunKeeper::adopt(history::RunId id) {
  ours_.insert(id);
  tries_[id] = {.count = 1, .last = std::chrono::steady_clock::now()};
  start(id, Care::start);
  look();
}

void RunKeeper::start(history::RunId id, Care care) {
  background_.submit([this, id, care]() -> Background::Completion {
    try {
      if (care == Care::dismiss) history::RunDirectory::open(options_.state_dir, id).request_cancel();
      starter_.start(id);
    } catch (const std::exception& error) {
      // The run is still open, so it is looked after again.
      log(LogLevel::error, "cannot start worker", {{"run", std::to_string(id)}, {"reason", error.what()}});
    }
    return {};
  });
}

void RunKeeper::look() {
  const bool lock_held = lock_holder(options_.lock_path).has_value();
  const auto now = std::chrono::steady_clock::now();
  for (const auto& [id, run] : monitor_.open()) {
    Try& tried = tries_[id];
    RunSigns signs{.state = run.state, .lock_held = lock_held, .ours = ours_.contains(id)};
    signs.silent = std::chrono::duration_cast<milliseconds>(now - std::max(run.seen, tried.last));
    if (tried.count > 0) {
      signs.patience = watch::backoff(tried.count, static_cast<std::uint64_t>(id));
    } else if (run.state) {
      // Interrupted before we came: nothing to wait for.
      signs.silent = milliseconds(0);
    }
    const Care care = care_for(signs);
    if (care == Care::none) continue;
    ++tried.count;
    tried.last = now;
    ++recoveries_;
    log(LogLevel::warning, care == Care::start ? "recovering run" : "dismissing run",
        {{"run", std::to_string(id)},
         {"state", run.state ? std::string(history::state_name(*run.state)) : "requested"}});
    start(id, care);
  }
  std::erase_if(ours_, [&](history::RunId id) { return !monitor_.open().contains(id); });
  std::erase_if(tries_, [&](const auto& entry) { return !monitor_.open().contains(entry.first); });
  if (monitor_.open().empty()) {
    timer_.reset();  // an idle daemon does not wake up
  } else if (timer_) {
    timer_.rearm(kPace);
  } else {
    timer_ = loop_.after(kPace, [this] { look(); });
  }
}

}  // namespace hwcsync::daemon
