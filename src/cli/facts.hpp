#pragma once

#include "gitops/plan/plan.hpp"
#include "src/settings/settings.hpp"

namespace hwcsync::cli {

// Asks this machine's secret service about changed secrets. When it cannot be asked (not running, not root)
// they stay `unknown`, which counts as rotated and is shown.
[[nodiscard]] plan::FactsFunction facts_from_service(const settings::Settings& settings);

}  // namespace hwcsync::cli
