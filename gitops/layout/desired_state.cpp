#include "gitops/layout/desired_state.hpp"

#include "gitops/layout/open_ports.hpp"

#include <algorithm>
#include <utility>

namespace hwcsync::layout {

std::int64_t Stack::host_id(std::int64_t id, std::int64_t own) const noexcept {
  if (!is_rootless()) return id;
  return id == 0 ? own : account.sub_ids + id - 1;
}

std::string Stack::view() const {
  return is_rootless() ? "/run/user/" + std::to_string(account.uid) + "/secrets" : "/run/hwcsync/view/0";
}

std::string Stack::secret_path(const std::string& file) const {
  return view() + '/' + name + '/' + file;
}

std::string Stack::env_file(const std::string& unit_name) const {
  return unit_name + ".env";
}

std::string Stack::prepare_unit() const {
  return style == stack::Style::oci && !config.prepare.commands.empty() ? name + "-prepare" : "";
}

bool Stack::commands_name(const std::string& path) const {
  const auto& commands = config.prepare.commands;
  return style == stack::Style::oci &&
         std::any_of(commands.begin(), commands.end(),
                     [&](const std::string& command) { return command.find(path) != std::string::npos; });
}

std::vector<std::string> Stack::units() const {
  if (style == stack::Style::compose) return {unit};
  std::vector<std::string> out;
  if (std::string first = prepare_unit(); !first.empty()) out.push_back(std::move(first));
  for (const auto& [service_name, service] : project.services) out.push_back("podman-" + container(service));
  return out;
}

std::string Stack::container(const compose::Service& service) const {
  if (!service.container_name.empty()) return service.container_name;
  const std::string plain = project.name + '-' + service.name;
  return style == stack::Style::oci ? plain : plain + "-1";
}

OpenPorts open_ports(const Stack& stack, const stack::Host& host) {
  OpenPorts out;
  if (!host.firewall) return out;
  const auto add = [](std::vector<std::int64_t>& to, std::int64_t port) {
    if (std::find(to.begin(), to.end(), port) == to.end()) to.push_back(port);
  };
  const auto& closed = stack.config.firewall.proxied;
  for (const auto port : stack.config.firewall.tcp) {
    if (std::find(closed.begin(), closed.end(), port) == closed.end()) add(out.tcp, port);
  }
  for (const auto port : stack.config.firewall.udp) add(out.udp, port);
  return out;
}

}  // namespace hwcsync::layout
