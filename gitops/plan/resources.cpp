#include "gitops/plan/resources.hpp"

#include "gitops/plan/services.hpp"
#include "src/base/text.hpp"

#include <algorithm>

namespace hwcsync::plan {
namespace {

using compose::Network;
using compose::Volume;

std::string subnets(const Network& network) {
  std::vector<std::string> out;
  for (const compose::AddressRange& range : network.ipam) out.push_back(range.subnet);
  return out.empty() ? "(podman's choice)" : join(out, " ");
}

std::string or_default(const std::string& text) {
  return text.empty() ? "(default)" : text;
}

// What is not among these words is "other options".
std::string described(const Network& before, const Network& after) {
  std::vector<std::string> out;
  const auto compare = [&out](const std::string& what, const std::string& was, const std::string& now) {
    if (was != now) out.push_back(what + ' ' + was + " -> " + now);
  };
  const auto flag = [&out](const std::string& what, bool was, bool now) {
    if (was != now) out.push_back(what + (now ? " on" : " off"));
  };
  compare("name", before.name, after.name);
  compare("driver", or_default(before.driver), or_default(after.driver));
  compare("subnet", subnets(before), subnets(after));
  flag("internal", before.internal, after.internal);
  flag("IPv6", before.enable_ipv6.value_or(false), after.enable_ipv6.value_or(false));
  flag("external", before.external, after.external);
  return out.empty() ? "other options" : join(out, ", ");
}

std::string described(const Volume& before, const Volume& after) {
  std::vector<std::string> out;
  if (before.name != after.name) out.push_back("name " + before.name + " -> " + after.name);
  if (before.driver != after.driver)
    out.push_back("driver " + or_default(before.driver) + " -> " + or_default(after.driver));
  if (before.external != after.external) out.emplace_back(after.external ? "external on" : "external off");
  if (before.driver_opts != after.driver_opts) out.emplace_back("options");
  return out.empty() ? "labels" : join(out, ", ");
}

template <class Resource>
void compare(const std::string& what, const std::map<std::string, Resource>& before,
             const std::map<std::string, Resource>& after, std::vector<std::string>& out) {
  for (const auto& [key, resource] : after) {
    const auto old = before.find(key);
    if (old == before.end()) {
      out.push_back(what + " + " + key);
    } else if (!(old->second == resource)) {
      out.push_back(what + ' ' + key + ": " + described(old->second, resource));
    }
  }
  for (const auto& [key, resource] : before) {
    if (after.find(key) == after.end()) out.push_back(what + " - " + key);
  }
}

// What podman's command line says of a network; style oci passes nothing else on.
bool made_alike(const Network& a, const Network& b, stack::Style style) {
  if (style == stack::Style::compose) return a == b;
  Network one = a;
  Network other = b;
  for (Network* network : {&one, &other}) {
    network->attachable = false;
    network->ipam_options.clear();
    network->enable_ipv4.reset();
    network->enable_ipv6 = network->enable_ipv6.value_or(false);
    for (compose::AddressRange& range : network->ipam) range.aux_addresses.clear();
  }
  return one == other;
}

bool mounts_volume(const compose::Service& service, const std::string& key) {
  return std::any_of(service.volumes.begin(), service.volumes.end(), [&](const compose::Mount& mount) {
    return mount.type == compose::Mount::Type::volume && mount.source == key;
  });
}

// A volume that nobody mounts is not made.
bool is_made(const layout::Stack& stack, const std::string& key) {
  const auto& services = stack.project.services;
  return std::any_of(services.begin(), services.end(),
                     [&](const auto& service) { return mounts_volume(service.second, key); });
}

bool made_alike(const Volume& a, const Volume& b) {
  const auto driver = [](const Volume& volume) { return volume.driver == "local" ? "" : volume.driver; };
  return driver(a) == driver(b) && a.driver_opts == b.driver_opts && a.labels == b.labels;
}

}  // namespace

std::vector<std::string> resource_differences(const layout::Stack& before, const layout::Stack& after) {
  std::vector<std::string> out;
  compare("network", before.project.networks, after.project.networks, out);
  compare("volume", before.project.volumes, after.project.volumes, out);
  return out;
}

void recreate_users(std::vector<ServiceChange>& changes, const layout::Stack& before,
                    const layout::Stack& after) {
  const auto recreate = [&](const std::string& service, const std::string& reason) {
    if (before.project.services.count(service) != 0) mark(changes, service, Action::restart, reason);
  };
  for (const auto& [key, network] : after.project.networks) {
    const auto old = before.project.networks.find(key);
    if (old == before.project.networks.end() || made_alike(old->second, network, after.style)) continue;
    const std::string reason =
        "network " + key + " is made anew" +
        (after.style == stack::Style::oci ? "" : " (an older docker-compose keeps it as it is)");
    for (const auto& [name, service] : after.project.services) {
      if (service.network_mode.empty() && service.attached_to(key)) recreate(name, reason);
    }
  }
  for (const auto& [key, volume] : after.project.volumes) {
    const auto old = before.project.volumes.find(key);
    if (old == before.project.volumes.end()) continue;
    const bool other = old->second.name != volume.name;
    const bool unit = after.style == stack::Style::oci &&
                      (old->second.external != volume.external || !made_alike(old->second, volume));
    if (!other && !unit) continue;
    for (const auto& [name, service] : after.project.services) {
      if (mounts_volume(service, key))
        recreate(name, "volume " + key + (other ? " is now " + volume.name : " changed"));
    }
  }
}

std::vector<std::string> renewed_networks(const layout::Stack& before, const layout::Stack& after) {
  std::vector<std::string> out;
  if (before.style != stack::Style::oci || after.style != stack::Style::oci) return out;
  for (const auto& [key, network] : after.project.networks) {
    const auto old = before.project.networks.find(key);
    if (old != before.project.networks.end() && !network.external && !old->second.external &&
        !made_alike(old->second, network, after.style))
      out.push_back(network.name);
  }
  return out;
}

std::vector<std::string> changed_volumes(const layout::Stack& before, const layout::Stack& after) {
  std::vector<std::string> out;
  if (before.style != stack::Style::oci || after.style != stack::Style::oci) return out;
  for (const auto& [key, volume] : after.project.volumes) {
    const auto old = before.project.volumes.find(key);
    if (old == before.project.volumes.end() || volume.external || old->second.external) continue;
    if (old->second.name == volume.name && !made_alike(old->second, volume) && is_made(before, key) &&
        is_made(after, key))
      out.push_back(key);
  }
  return out;
}

}  // namespace hwcsync::plan
