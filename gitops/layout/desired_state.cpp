#include "gitops/layout/desired_state.hpp"

#include <algorithm>
#include <utility>

namespace hwcsync::layout {

std::string Stack::secret_path(const std::string& file) const {
  const std::string view = style == stack::Style::oci
                               ? "/run/hwcsync/view/0"
                               : "/run/user/" + std::to_string(account.uid) + "/secrets";
  return view + '/' + name + '/' + file;
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

}  // namespace hwcsync::layout
