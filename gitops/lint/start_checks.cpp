#include "gitops/lint/start_checks.hpp"

#include "gitops/compose/ports.hpp"

#include <set>

namespace hwcsync::lint {
namespace {

constexpr int kFirstOfUsers = 1024;  // ip(7), ip_unprivileged_port_start

// Types that mount(8) takes in a user's namespace; all others need root.
bool needs_root(const compose::Volume& volume) {
  static const std::set<std::string> kUsers{"", "none", "bind", "tmpfs"};
  const auto type = volume.driver_opts.find("type");
  return !volume.external && type != volume.driver_opts.end() && !type->second.tainted() &&
         kUsers.count(type->second.plain()) == 0;
}

}  // namespace

std::vector<Finding> rootless_low_port(const layout::Stack& stack,
                                       const stack::RepositoryConfig& /*repository*/) {
  std::vector<Finding> out;
  if (!stack.is_rootless()) return out;
  for (const auto& [name, service] : stack.project.services) {
    for (const compose::Port& port : service.ports) {
      const auto range = compose::port_range(port.published);
      if (!range || range->first >= kFirstOfUsers) continue;
      Finding finding;
      finding.where = service.where;
      finding.service = name;
      finding.message = name + " publishes port " + port.published + ", and only root may open ports below " +
                        std::to_string(kFirstOfUsers);
      finding.fix =
          "publish a higher one and let a proxy or the firewall lead there, or set boot.kernel.sysctl.\"net."
          "ipv4.ip_unprivileged_port_start\" on the host and ignore the rule with that as the reason";
      out.push_back(std::move(finding));
    }
  }
  return out;
}

std::vector<Finding> rootless_network_volume(const layout::Stack& stack,
                                             const stack::RepositoryConfig& /*repository*/) {
  std::vector<Finding> out;
  if (!stack.is_rootless()) return out;
  for (const auto& [key, volume] : stack.project.volumes) {
    if (!needs_root(volume)) continue;
    Finding finding;
    finding.where = Location{stack.compose_file, 0, 0};
    finding.message = "the volume '" + key + "' is a file system of type " +
                      volume.driver_opts.at("type").plain() +
                      ", and only root may mount one: containers of " + stack.user + " would not start";
    finding.fix = "mount it on the host (fileSystems), name it under mounts.required, and bind its directory";
    out.push_back(std::move(finding));
  }
  return out;
}

std::vector<Finding> keep_id_of_root(const layout::Stack& stack,
                                     const stack::RepositoryConfig& /*repository*/) {
  std::vector<Finding> out;
  if (stack.is_rootless()) return out;
  for (const auto& [name, service] : stack.project.services) {
    if (service.userns_mode.rfind("keep-id", 0) != 0) continue;
    Finding finding;
    finding.where = service.where;
    finding.service = name;
    finding.message = name + " has userns_mode: " + service.userns_mode +
                      ", which podman has for users only, and " + stack.name + " is root's";
    finding.fix = "remove it, or name a 'user' in stack.yaml";
    out.push_back(std::move(finding));
  }
  return out;
}

std::vector<Finding> namespace_by_container(const layout::Stack& stack,
                                            const stack::RepositoryConfig& /*repository*/) {
  constexpr std::string_view kContainer = "container:";
  std::vector<Finding> out;
  for (const auto& [name, service] : stack.project.services) {
    for (const auto& [key, mode] : {std::pair<std::string, std::string>{"network_mode", service.network_mode},
                                    {"pid", service.pid},
                                    {"ipc", service.ipc}}) {
      if (mode.rfind(kContainer, 0) != 0) continue;
      const std::string holder = mode.substr(kContainer.size());
      std::string own;
      for (const auto& [other_name, other] : stack.project.services) {
        if (stack.container(other) == holder) own = other_name;
      }
      Finding finding;
      finding.where = service.where;
      finding.service = name;
      finding.message =
          name + " lives in the container '" + holder + "' by its name (" + key + "): it neither starts " +
          "after it nor is made anew with it, and podman does not replace a container that another needs";
      finding.fix = own.empty() ? "put both into one stack and write " + key + ": service:SERVICE"
                                : "write " + key + ": service:" + own;
      out.push_back(std::move(finding));
    }
  }
  return out;
}

}  // namespace hwcsync::lint
