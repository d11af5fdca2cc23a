#pragma once

#include "gitops/plan/plan.hpp"

#include <string>
#include <vector>

// Networks and volumes that stand on both sides of a plan and differ.
namespace hwcsync::plan {

// "network front: subnet 10.1.0.0/24 -> 10.2.0.0/24", "volume + data".
[[nodiscard]] std::vector<std::string> resource_differences(const layout::Stack& before,
                                                            const layout::Stack& after);

// Podman changes no network in place: it is made anew, and with it every container on it. A volume that goes
// by another name is another volume.
void recreate_users(std::vector<ServiceChange>& changes, const layout::Stack& before,
                    const layout::Stack& after);

// Networks of style oci, by the names that podman knows, that are made anew: who joins one from another stack
// restarts, too.
[[nodiscard]] std::vector<std::string> renewed_networks(const layout::Stack& before,
                                                        const layout::Stack& after);

// A volume of style oci that is asked for with other settings than it was made with, and would stop its
// containers from starting: nobody changes a volume but its owner.
[[nodiscard]] std::vector<std::string> changed_volumes(const layout::Stack& before,
                                                       const layout::Stack& after);

}  // namespace hwcsync::plan
