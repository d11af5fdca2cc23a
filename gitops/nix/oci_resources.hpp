#pragma once

#include "gitops/nix/oci_service.hpp"
#include "gitops/nix/stack_parts.hpp"

#include <string>
#include <vector>

// Networks and volumes of stacks of style oci: each has a oneshot unit that runs nix/oci-resource.sh.
namespace hwcsync::nix {

// Units, without ".service".
[[nodiscard]] std::string network_unit(const std::string& network);
[[nodiscard]] std::string volume_unit(const std::string& volume);

// systemd.services of the networks and volumes that this stack makes.
[[nodiscard]] Value::Set resource_units(const layout::Stack& stack);

// Commands that fail while an external network or volume of this service is not there.
[[nodiscard]] std::vector<std::string> external_checks(const OciService& service);
// The command that starts, after a container, those that require it and do not run: they were stopped with it
// or could not start before it was well. The same text for every unit, so that a new dependent restarts
// nothing.
[[nodiscard]] std::string start_dependents(const layout::Stack& stack);
// Units of the stack's own networks and volumes that this container uses.
[[nodiscard]] std::vector<std::string> own_resource_units(const OciService& service);
// Units of external networks that another stack of the host makes.
[[nodiscard]] std::vector<std::string> foreign_network_units(const OciService& service);

// networking.firewall.interfaces: containers of a network ask podman's name server on the bridge.
[[nodiscard]] Value::Set name_server_rules(const layout::Stack& stack);

}  // namespace hwcsync::nix
