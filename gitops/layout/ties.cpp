#include "gitops/layout/ties.hpp"

#include <algorithm>

namespace hwcsync::layout {
namespace {

bool joins(const compose::Service& service, const compose::Network& network) {
  return service.network_mode.empty() && service.attached_to(network.key);
}

}  // namespace

Offer offer_of(const Stack& stack) {
  Offer out{stack.user, stack.units(), {}};
  if (stack.style != stack::Style::oci) return out;
  const auto& services = stack.project.services;
  for (const auto& [key, network] : stack.project.networks) {
    const bool used = std::any_of(services.begin(), services.end(), [&one = network](const auto& service) {
      return joins(service.second, one);
    });
    if (!network.external && used) out.networks.push_back(network.name);
  }
  return out;
}

std::map<std::string, std::vector<std::string>> ties_of(const Stack& stack, const Offers& offers) {
  std::vector<std::string> of_all;
  for (const std::string& name : stack.config.start_after) {
    const auto other = offers.find(name);
    if (other == offers.end()) continue;
    of_all.insert(of_all.end(), other->second.units.begin(), other->second.units.end());
  }
  std::map<std::string, std::vector<std::string>> out;
  for (const auto& [name, service] : stack.project.services) {
    out[name] = of_all;
    if (stack.style != stack::Style::oci) continue;
    for (const auto& [key, network] : stack.project.networks) {
      if (!network.external || !joins(service, network)) continue;
      for (const auto& [other, offer] : offers) {
        const auto& made = offer.networks;
        if (offer.user == stack.user && std::find(made.begin(), made.end(), network.name) != made.end())
          out[name].push_back("podman-network-" + network.name);
      }
    }
  }
  return out;
}

}  // namespace hwcsync::layout
