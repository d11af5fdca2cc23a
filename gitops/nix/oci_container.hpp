#pragma once

#include "gitops/nix/stack_parts.hpp"

#include <string>
#include <vector>

namespace hwcsync::nix {

// The published port that the option `port` of the stack stands for.
struct PortOption {
  std::string service;
  std::size_t index = 0;  // in the service's ports
  std::int64_t number = 0;
};

// One service of a stack of style oci, as two option values.
class OciContainer {
 public:
  // `port` is the stack's port option, or nullptr when it has none. Both must outlive this object.
  OciContainer(const layout::DesiredState& desired, const layout::Stack& stack,
               const compose::Service& service, const PortOption* port)
      : desired_(desired), stack_(stack), service_(service), port_(port) {}

  // What stands under virtualisation.oci-containers.containers.<name>. The layout has refused what podman or
  // the NixOS module cannot do.
  [[nodiscard]] Value::Set container() const;
  // What is added to systemd.services.podman-<name>.
  [[nodiscard]] Value::Set unit() const;

  [[nodiscard]] bool uses_secrets() const;

 private:
  [[nodiscard]] std::vector<std::string> extra_options() const;
  [[nodiscard]] Value::List ports() const;
  [[nodiscard]] std::vector<std::string> volumes() const;
  [[nodiscard]] bool is_awaited_healthy() const;
  [[nodiscard]] bool has_secret_environment() const;
  // Containers that this one shares a fate with: a network namespace, or depends_on with restart.
  [[nodiscard]] std::vector<std::string> coupled() const;
  [[nodiscard]] const compose::Service& other(const std::string& name) const;
  [[nodiscard]] std::string unit_of(const std::string& service) const;  // "podman-x.service"

  const layout::DesiredState& desired_;
  const layout::Stack& stack_;
  const compose::Service& service_;
  const PortOption* port_;
};

// Unit of a podman network, without ".service".
[[nodiscard]] std::string network_unit(const std::string& network);
// Names of the networks of this stack that some of its services join and that it makes itself.
[[nodiscard]] std::vector<const compose::Network*> own_networks(const layout::Stack& stack);

}  // namespace hwcsync::nix
