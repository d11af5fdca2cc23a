#include "gitops/compose/verdict_rows.hpp"

#include <array>

namespace hwcsync::compose {
namespace {

constexpr StyleVerdict kSwarmStore =
    refused("it is for a swarm's own store; declare the secret in stack.yaml");
constexpr StyleVerdict kNoMeaning = ignored("it has no meaning without a swarm");

constexpr std::array kRows{
    both("file", "configs"),
    both("file", "include", mapped("resolved before anything else")),
    both("file", "models", refused("a model needs Docker's own runner; run the model server as a service")),
    both("file", "name", mapped("'project' in stack.yaml wins over it")),
    both("file", "networks"),
    both("file", "secrets"),
    both("file", "services"),
    both("file", "version", ignored("it has no meaning any more")),
    both("file", "volumes"),

    both("network", "attachable", ignored("every network of podman can be joined")),
    both("network", "driver"),
    both("network", "driver_opts"),
    KeyRow{"network", "enable_ipv4", mapped("by docker-compose, from 2.33 on"),
           approximated("podman has no switch; false needs a network with IPv6 subnets only")},
    both("network", "enable_ipv6"),
    both("network", "external"),
    both("network", "internal"),
    both("network", "ipam"),
    both("network", "labels"),
    both("network", "name"),
    both("network's ipam", "config"),
    both("network's ipam", "driver"),
    both("network's ipam", "options", ignored("podman's address drivers take no options")),
    both("network's ipam.config", "aux_addresses", ignored("podman reserves no addresses by name")),
    both("network's ipam.config", "gateway"),
    both("network's ipam.config", "ip_range"),
    both("network's ipam.config", "subnet"),

    both("volume", "driver"),
    both("volume", "driver_opts"),
    both("volume", "external"),
    both("volume", "labels"),
    both("volume", "name"),

    both("secret", "driver", kSwarmStore),
    both("secret", "driver_opts", kSwarmStore),
    KeyRow{"secret", "environment", mapped("the variable must come from the stack's secret env file"),
           refused("a secret of style oci is a file of its own; declare it in stack.yaml with a source")},
    both("secret", "external", mapped("declared in stack.yaml under the same name")),
    both("secret", "file", approximated("the stack's secret of that name is shown instead of the file")),
    both("secret", "labels", kNoMeaning),
    both("secret", "name"),
    both("secret", "template_driver", kSwarmStore),

    both("config", "content"),
    both("config", "environment"),
    both("config", "external", refused("there is no store of configs; use 'file' or 'content'")),
    both("config", "file", mapped("a tracked file of the stack")),
    both("config", "labels", kNoMeaning),
    both("config", "name"),
    both("config", "template_driver", refused("there is no store of configs that fills in templates")),
};

}  // namespace

std::span<const KeyRow> top_level_keys() {
  return kRows;
}

}  // namespace hwcsync::compose
