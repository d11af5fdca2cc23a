#pragma once

#include "gitops/history/request.hpp"

namespace hwcsync::daemon {

// The seam to the one writer: a worker process of its own, which the daemon only starts. Called on the
// background thread.
class RunStarter {
 public:
  virtual ~RunStarter() = default;
  // Starts `hwcsync worker <id>` for a run whose request is written, and returns when it is on its way.
  // Throws Error. A worker that finds a journal without an end recovers that run: it finishes it or takes it
  // back.
  virtual void start(history::RunId id) = 0;
};

}  // namespace hwcsync::daemon
