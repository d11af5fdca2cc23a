#include "gitops/layout/host_checks.hpp"

#include "gitops/compose/ports.hpp"
#include "src/base/text.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

namespace hwcsync::layout {
namespace {

// Units of NixOS and podman that a stack's unit must not replace.
constexpr std::array kReservedUnits{"podman",         "podman-prune", "podman-auto-update",
                                    "podman-restart", "hwcsync",      "hwcsync-secrets",
                                    "sshd",           "dbus",         "nix-daemon",
                                    "polkit",         "getty",        "network-online",
                                    "firewall",       "nftables",     "nscd",
                                    "tailscaled",     "nginx",        "caddy",
                                    "docker",         "postgresql",   "display-manager"};

struct Published {
  const Stack* stack;
  const compose::Service* service;
  const compose::Port* port;
  compose::PortRange range;
};

bool is_wildcard(const std::string& address) {
  return address.empty() || address == "0.0.0.0" || address == "::";
}

bool overlap(const Published& a, const Published& b) {
  const bool addresses =
      a.port->host_ip == b.port->host_ip || is_wildcard(a.port->host_ip) || is_wildcard(b.port->host_ip);
  return addresses && a.port->protocol == b.port->protocol && a.range.first <= b.range.last &&
         b.range.first <= a.range.last;
}

// The `ports` of a service, in whichever file they stand.
Location port_place(const Published& published) {
  const std::string path = "services." + published.service->name + ".ports";
  for (const compose::KeyUse& use : published.stack->project.keys) {
    if (use.path == path) return use.where;
  }
  return published.service->where;
}

void check_ports(const DesiredState& desired, Problems& problems) {
  std::vector<Published> all;
  for (const auto& [stack_name, stack] : desired.stacks) {
    for (const auto& [name, service] : stack.project.services) {
      for (const compose::Port& port : service.ports) {
        const auto range = compose::port_range(port.published);
        if (range) all.push_back({&stack, &service, &port, *range});
      }
    }
  }
  // By first port, so that each needs comparing only with those that begin within it.
  std::stable_sort(all.begin(), all.end(),
                   [](const auto& a, const auto& b) { return a.range.first < b.range.first; });
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t k = i + 1; k < all.size() && all[k].range.first <= all[i].range.last; ++k) {
      if (!overlap(all[i], all[k])) continue;
      problems.add(port_place(all[k]), "the service '" + all[k].service->name + "' of the stack '" +
                                           all[k].stack->name + "' publishes " + all[k].port->protocol +
                                           " port " + all[k].port->published + ", which '" +
                                           all[i].service->name + "' of the stack '" + all[i].stack->name +
                                           "' publishes too (" + port_place(all[i]).to_string() + ")");
    }
  }
}

void check_units(const DesiredState& desired, Problems& problems) {
  std::map<std::string, std::string> owners;
  for (const auto& [name, stack] : desired.stacks) {
    for (const std::string& unit : stack.units()) {
      const Location where = stack.config.place("unit");
      const bool reserved =
          std::find(kReservedUnits.begin(), kReservedUnits.end(), unit) != kReservedUnits.end();
      if (reserved || unit.starts_with("systemd-")) {
        problems.add(where, "the unit name '" + unit + "' of the stack '" + name + "' belongs to the system");
      }
      const auto [it, is_new] = owners.emplace(unit, name);
      if (!is_new && it->second != name) {
        problems.add(where, "the stacks '" + it->second + "' and '" + name + "' have the same unit name '" +
                                unit + "'");
      }
    }
  }
}

void check_containers(const DesiredState& desired, Problems& problems) {
  std::map<std::pair<std::string, std::string>, std::string> projects;  // user, name -> stack
  std::map<std::pair<std::string, std::string>, std::string> containers;
  for (const auto& [name, stack] : desired.stacks) {
    const auto [project, project_is_new] = projects.emplace(std::pair(stack.user, stack.project.name), name);
    if (!project_is_new) {
      problems.add(stack.config.place("project"), "the stacks '" + project->second + "' and '" + name +
                                                      "' have the same project name '" + stack.project.name +
                                                      "'");
    }
    for (const auto& [service_name, service] : stack.project.services) {
      const auto [it, is_new] = containers.emplace(std::pair(stack.user, stack.container(service)), name);
      if (is_new || it->second == name) continue;  // within one stack it was told before
      problems.add(service.where, "the stacks '" + it->second + "' and '" + name +
                                      "' have a container of the same name '" + stack.container(service) +
                                      "'");
    }
  }
}

// A user of a stack's own sees nothing of the others, and they nothing of it.
void check_dedicated(const DesiredState& desired, Problems& problems) {
  for (const auto& [name, stack] : desired.stacks) {
    for (const auto& [other_name, other] : desired.stacks) {
      if (!stack.is_dedicated || &other == &stack || other.user != stack.user) continue;
      problems.add(other.config.place("user"), "the user '" + stack.user + "' is the stack " + name +
                                                   "'s own ('user: dedicated'); the stack '" + other_name +
                                                   "' needs another");
    }
  }
}

void check_order(const DesiredState& desired, Problems& problems) {
  std::vector<std::string> names;
  for (const auto& [name, stack] : desired.stacks) {
    names.push_back(name);
    if (!stack.unit.empty()) names.push_back(stack.unit);
  }
  for (const auto& [name, stack] : desired.stacks) {
    for (std::size_t i = 0; i < stack.config.start_after.size(); ++i) {
      const std::string& other = stack.config.start_after[i];
      const Location where = stack.config.place("start-after." + std::to_string(i));
      if (std::find(names.begin(), names.end(), other) == names.end()) {
        problems.add(where, "the stack '" + name + "' starts after '" + other +
                                "', which is no stack of this host" + suggestion(other, names));
      } else if (other == name || other == stack.unit) {
        problems.add(where, "the stack '" + name + "' cannot start after itself");
      }
    }
  }
}

bool is_used(const Stack& stack, const std::string& network) {
  return std::any_of(stack.project.services.begin(), stack.project.services.end(), [&](const auto& service) {
    const auto& joined = service.second.networks;
    return std::any_of(joined.begin(), joined.end(), [&](const auto& one) { return one.key == network; });
  });
}

// Calls `each` with "network 'x'" and "volume 'x'" for what a stack of style oci makes.
template <class Each>
void for_each_resource(const Stack& stack, const Each& each) {
  if (stack.style != stack::Style::oci) return;
  for (const auto& [key, network] : stack.project.networks) {
    if (!network.external && is_used(stack, key)) each("network '" + network.name + "'");
  }
  for (const auto& [key, volume] : stack.project.volumes) {
    if (!volume.external) each("volume '" + volume.name + "'");
  }
}

// In style oci each network and volume has a unit, and only one stack can define it.
void check_resources(const DesiredState& desired, Problems& problems) {
  std::map<std::string, const Stack*> makers;
  for (const auto& [stack_name, stack] : desired.stacks) {
    for_each_resource(stack, [&, &maker = stack](const std::string& what) {
      const auto [made, fresh] = makers.emplace(what, &maker);
      if (fresh) return;
      const Stack& other = *made->second;
      problems.add(Location{maker.compose_file, 1, 1},
                   other.user == maker.user
                       ? "the stack '" + other.name + "' makes the " + what +
                             " too; declare it `external: true` in all stacks but one"
                       : "the stack '" + other.name + "' of the user " + other.user + " makes a " + what +
                             " too, and one unit cannot make both; give it another name");
    });
  }
}

void check_routes(const DesiredState& desired, Problems& problems) {
  std::map<std::string, std::string> owners;  // domain -> stack
  for (const auto& [name, stack] : desired.stacks) {
    for (std::size_t i = 0; i < stack.config.routes.size(); ++i) {
      const std::string& domain = stack.config.routes[i].domain;
      const auto [owner, fresh] = owners.emplace(domain, name);
      if (fresh) continue;
      problems.add(stack.config.place("routes." + std::to_string(i) + ".domain"),
                   "the stack '" + owner->second + "' has a route for '" + domain + "' " +
                       (owner->second == name ? "already" : "too") + "; a domain leads to one upstream");
    }
  }
}

}  // namespace

void check_host(const DesiredState& desired, Problems& problems) {
  check_units(desired, problems);
  check_containers(desired, problems);
  check_ports(desired, problems);
  check_resources(desired, problems);
  check_routes(desired, problems);
  check_dedicated(desired, problems);
  check_order(desired, problems);
}

std::vector<std::string> claims(const Stack& stack) {
  std::vector<std::string> out;
  for (const std::string& unit : stack.units()) out.push_back("unit " + unit);
  if (stack.is_dedicated) out.push_back("user " + stack.user);
  out.push_back("project " + stack.user + '/' + stack.project.name);
  for (const auto& [name, service] : stack.project.services) {
    out.push_back("container " + stack.user + '/' + stack.container(service));
    for (const compose::Port& port : service.ports) {
      if (!port.published.empty())
        out.push_back("port " + port.protocol + ' ' + port.published + " on " + port.host_ip);
    }
  }
  for_each_resource(stack, [&out](const std::string& what) { out.push_back(what); });
  for (const std::string& other : stack.config.start_after) out.push_back("after " + other);
  for (const stack::Route& route : stack.config.routes) out.push_back("route " + route.domain);
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace hwcsync::layout
