#pragma once

#include "gitops/layout/desired_state.hpp"
#include "gitops/nix/value.hpp"

#include <string>
#include <vector>

// What makes a unit of style oci the stack's user's: podman keeps containers, images, networks and volumes of
// each user apart, so whatever asks for them must be that user. Nothing is added for root.
namespace hwcsync::nix {

// Units that a unit of this stack wants and comes after: the user's manager, which gives podman its runtime
// directory, its control groups and the timers of health checks.
[[nodiscard]] std::vector<std::string> account_units(const layout::Stack& stack);

// User= and what podman needs of the environment beside it, for the units that are ours.
void put_account(const layout::Stack& stack, SetBuilder& unit, SetBuilder& service);

// The same for the unit that NixOS makes for a container, which has User= and HOME by podman.user.
void put_container_account(const layout::Stack& stack, SetBuilder& unit, SetBuilder& service);

// The prefix of a command that speaks to systemd and not to podman: a user may start no unit of the system.
[[nodiscard]] std::string as_root(const layout::Stack& stack);

}  // namespace hwcsync::nix
