#pragma once

#include "gitops/layout/desired_state.hpp"
#include "gitops/nix/value.hpp"

#include <string>

// Where podman of one user keeps its things: a storage.conf of that user's own. /etc/containers/storage.conf
// is everybody's: root's podman would take the user's settings from there, or the user's change under root.
namespace hwcsync::nix {

// The file that CONTAINERS_STORAGE_CONF names in every unit of the stack's user; empty where podman's own
// place is good enough. Other settings are another name: the units are started anew then.
[[nodiscard]] std::string storage_file(const layout::Stack& stack);

// The files, directories and links of every user who has such settings, and the environment of the service
// that listens at the user's API socket.
void put_storage(const layout::DesiredState& desired, SetBuilder& body);

}  // namespace hwcsync::nix
