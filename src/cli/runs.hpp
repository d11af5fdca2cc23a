#pragma once

#include "gitops/history/run_row.hpp"
#include "src/settings/settings.hpp"

#include <vector>

namespace hwcsync::cli {

// The newest runs first: from the database for root, for everybody else from the daemon, which tells its
// state to all.
[[nodiscard]] std::vector<history::RunRow> newest_runs(const settings::Settings& settings, std::size_t limit);

}  // namespace hwcsync::cli
