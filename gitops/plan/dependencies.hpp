#pragma once

#include "gitops/layout/desired_state.hpp"
#include "gitops/plan/plan.hpp"

#include <cstdint>
#include <vector>

namespace hwcsync::plan {

// How long one start may take under this stack's health.timeout, in seconds, where it is at least so much.
[[nodiscard]] std::int64_t start_limit(const layout::Stack& stack, std::int64_t least);

// Style oci: depends_on is written into the units of both ends, the time of a start into each, and NixOS
// restarts a container whose unit has another text. In style compose the provider only starts in another
// order.
void restart_rewired(std::vector<ServiceChange>& changes, const layout::Stack& before,
                     const layout::Stack& after);

}  // namespace hwcsync::plan
