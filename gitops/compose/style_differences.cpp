#include "gitops/compose/style_differences.hpp"

#include "gitops/compose/mounts.hpp"

#include <algorithm>

namespace hwcsync::compose {
namespace {

struct Row {
  const char* what;
  const char* provider;
  const char* containers;
  bool (*applies)(const Service& service);
};

bool has_secret(const std::map<std::string, Template>& environment) {
  return std::any_of(environment.begin(), environment.end(),
                     [](const auto& entry) { return entry.second.tainted(); });
}

bool waits_for(const Service& service, Dependency::Condition condition) {
  return std::any_of(service.depends_on.begin(), service.depends_on.end(),
                     [&](const auto& entry) { return entry.second.condition == condition; });
}

bool has_podman_option(const Service& service) {
  for (const Mount& mount : service.volumes) {
    for (const std::string& option : mount.options) {
      if (mount.type != Mount::Type::tmpfs && !is_provider_option(option)) return true;
    }
  }
  return false;
}

bool may_lack_its_directory(const Service& service) {
  return std::any_of(service.volumes.begin(), service.volumes.end(), [](const Mount& mount) {
    const auto& options = mount.options;
    return mount.type == Mount::Type::bind && mount.source.rfind("/etc/hwcsync/", 0) != 0 &&
           std::find(options.begin(), options.end(), "nocreate") == options.end();
  });
}

const Row kRows[] = {
    {"secrets in environment",
     "docker-compose fills ${NAME} in from the view when the stack starts; only the variables that "
     "'environment' "
     "names reach the container",
     "podman reads the same variables from a file in the view that is written for this container",
     [](const Service& service) { return has_secret(service.environment); }},
    {"container names", "PROJECT-SERVICE-1", "PROJECT-SERVICE",
     [](const Service& service) { return service.container_name.empty(); }},
    {"waiting for health", "docker-compose waits before it starts the dependent",
     "the dependency's unit is up only when it is healthy, and fails after the stack's health timeout",
     [](const Service& service) { return waits_for(service, Dependency::Condition::healthy); }},
    {"waiting for completion", "docker-compose waits until the dependency has ended well",
     "the dependency is a unit that ends, and runs again when the stack is started",
     [](const Service& service) { return waits_for(service, Dependency::Condition::completed); }},
    {"starting together", "the stack is one unit: services start and stop together",
     "each service is a unit of its own that can be started, stopped and looked at alone", nullptr},
    {"published ports",
     "rootless: a port below 1024 is refused by the kernel, and the firewall must open the others",
     "as root: podman's own rules let a published port past the host's firewall unless it names a host "
     "address; with 'user' as in style compose",
     [](const Service& service) {
       return std::any_of(service.ports.begin(), service.ports.end(),
                          [](const Port& port) { return port.host_ip.empty(); });
     }},
    {"restart", "podman restarts the container; after a boot the stack's unit starts it",
     "systemd restarts the unit, with its limits on how often; 'unless-stopped' is 'always'",
     [](const Service& service) { return !service.restart.empty() || service.restart_policy; }},
    {"networks", "docker-compose makes the project's networks and labels them",
     "each network is a unit that the services need; a change of it restarts them",
     [](const Service& service) { return service.network_mode.empty(); }},
    {"user ids", "container id 0 is the stack's user, the others are sub-ids of that user",
     "container ids are those of the host and id 0 is root; with 'user' as in style compose",
     [](const Service& service) { return !service.volumes.empty() || !service.user.empty(); }},
    {"missing directories", "docker-compose makes a bind's missing source",
     "hwcsync makes it before the start, as podman does not",
     [](const Service& service) { return may_lack_its_directory(service); }},
    {"podman's own mount options", "docker-compose drops them, so they are refused", "podman has them",
     [](const Service& service) { return has_podman_option(service); }},
    {"scale", "several containers of one service", "refused: one unit is one container",
     [](const Service& service) { return service.scale != 1; }},
    {"hooks", "docker-compose runs post_start and pre_stop when it starts and stops the service itself",
     "the unit runs them at every start and stop",
     [](const Service& service) { return !service.post_start.empty() || !service.pre_stop.empty(); }},
    {"logs", "the driver that the file names", "json-file and local become journald",
     [](const Service& service) { return service.logging.has_value(); }},
};

}  // namespace

std::vector<StyleDifference> style_differences(const Project& project) {
  std::vector<StyleDifference> out;
  for (const Row& row : kRows) {
    StyleDifference difference{row.what, row.provider, row.containers, {}};
    for (const auto& [name, service] : project.services) {
      if (row.applies != nullptr && row.applies(service)) difference.services.push_back(name);
    }
    const bool whole = row.applies == nullptr && project.services.size() > 1;
    if (whole || !difference.services.empty()) out.push_back(std::move(difference));
  }
  return out;
}

}  // namespace hwcsync::compose
