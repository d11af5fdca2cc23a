#pragma once

#include "gitops/plan/plan.hpp"
#include "gitops/plan/stacks.hpp"

#include <vector>

namespace hwcsync::plan {

// What the touched stacks do to the others of the host.
struct Neighbours {
  // What a run would refuse because two stacks cannot share it: a published port, the name of a container, a
  // unit, a network.
  std::vector<Refusal> refusals;
  // Stacks whose units start after other units of a neighbour than before, the touched ones among them.
  std::vector<StackChange> changes;
  // Those of them that are not touched, the same on both sides.
  std::vector<StackPair> pairs;
};

// The other stacks are read only when a touched one claims something that it did not claim before, when one
// is gone that others may start after, or when the units and networks that others may be tied to are others;
// what was deployed has been compared before.
[[nodiscard]] Neighbours look_around(const std::vector<StackPair>& pairs, const Tree& tree,
                                     const stack::RepositoryConfig& repository, const std::string& host,
                                     layout::LoadCounters& counters);

// Puts the changes of neighbours to those that were found before.
void merge_changes(std::vector<StackChange>& changes, const std::vector<StackChange>& more,
                   const std::vector<StackPair>& pairs);

}  // namespace hwcsync::plan
