#include "gitops/layout/desired_state.hpp"

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

std::vector<std::string> Stack::units() const {
  if (style == stack::Style::compose) return {unit};
  std::vector<std::string> out;
  for (const auto& [service_name, service] : project.services) out.push_back("podman-" + container(service));
  return out;
}

std::string Stack::container(const compose::Service& service) const {
  if (!service.container_name.empty()) return service.container_name;
  const std::string plain = project.name + '-' + service.name;
  return style == stack::Style::oci ? plain : plain + "-1";
}

}  // namespace hwcsync::layout
