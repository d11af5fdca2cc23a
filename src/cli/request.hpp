#pragma once

#include "gitops/history/request.hpp"
#include "src/cli/command.hpp"
#include "src/settings/settings.hpp"

#include <string>

namespace hwcsync::cli {

// RefusedError unless this is root: only root may change the system.
void require_root(const std::string& what);

// Brings the mirror up to date with the configured repository; without one, or when it cannot be reached, it
// stays as it is and stderr says so.
void fetch_newest(const settings::Settings& settings);

// Who asks, for history: the user behind sudo, else the one who runs this.
[[nodiscard]] std::string user_name();

// Writes the request, starts the worker and follows it; gives the exit status of the outcome.
[[nodiscard]] int run_and_follow(const settings::Settings& settings, history::Request request,
                                 Context& context);

}  // namespace hwcsync::cli
