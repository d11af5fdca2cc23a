#pragma once

#include "gitops/plan/plan.hpp"
#include "gitops/plan/stacks.hpp"

#include <vector>

namespace hwcsync::plan {

// What a run would refuse because two stacks of the host cannot share it: a published port, the name of a
// container, a unit, a network. The other stacks are read only when a touched one claims something that it
// did not claim before, or when one is gone that others may start after; what was deployed has been compared
// before.
[[nodiscard]] std::vector<Refusal> check_neighbours(const std::vector<StackPair>& pairs, const Tree& tree,
                                                    const stack::RepositoryConfig& repository,
                                                    const std::string& host, layout::LoadCounters& counters);

}  // namespace hwcsync::plan
