#include "gitops/nix/oci_service.hpp"

#include <algorithm>

namespace hwcsync::nix {
OciService OciService::other(const std::string& name) const {
  const auto found = stack_.project.services.find(name);
  if (found == stack_.project.services.end()) {
    refuse(service_.where,
           "service '" + service_.name + "' needs '" + name + "', which is no enabled service of the stack");
  }
  return {desired_, stack_, found->second};
}

bool OciService::is_awaited(compose::Dependency::Condition condition) const {
  const auto& services = stack_.project.services;
  return std::any_of(services.begin(), services.end(), [&](const auto& entry) {
    const auto found = entry.second.depends_on.find(service_.name);
    return found != entry.second.depends_on.end() && found->second.condition == condition;
  });
}

bool OciService::is_job() const {
  return is_awaited(compose::Dependency::Condition::completed);
}

bool OciService::is_awaited_healthy() const {
  return is_awaited(compose::Dependency::Condition::healthy);
}

std::set<std::string> OciService::coupled() const {
  std::set<std::string> out = service_.joined();
  for (const auto& [name, dependency] : service_.depends_on) {
    if (dependency.restart) out.insert(name);
  }
  return out;
}

bool OciService::has_secret_environment() const {
  return std::any_of(service_.environment.begin(), service_.environment.end(),
                     [](const auto& entry) { return entry.second.tainted(); });
}

bool OciService::uses_secrets() const {
  return has_secret_environment() || !service_.secrets.empty() || stack_.config.registry_login.has_value();
}

// podman splits each at the first equals sign.
void OciService::check_keys() const {
  const auto check = [&](const std::string& what, const auto& map) {
    for (const auto& [key, value] : map) {
      if (!key.empty() && key.find('=') == std::string::npos) continue;
      refuse(service_.where, "'" + key + "' is no name among " + what + " of '" + service_.name +
                                 "': podman takes everything up to the first '='");
    }
  };
  check("environment", service_.environment);
  check("labels", service_.labels);
  check("annotations", service_.annotations);
  check("sysctls", service_.sysctls);
}

void OciService::check() const {
  check_keys();
  if (service_.build && service_.image.empty()) {
    refuse(service_.where,
           "service '" + service_.name +
               "' has only 'build'; style oci runs images: build it elsewhere and name the image");
  }
  if (service_.scale != 1) {
    refuse(service_.where, "service '" + service_.name + "' asks for " + std::to_string(service_.scale) +
                               " containers; style oci has one a service");
  }
  if (service_.use_api_socket) {
    refuse(service_.where, "use_api_socket would give the container the whole host");
  }
  if (!service_.pre_start.empty()) {
    refuse(service_.where,
           "style oci has no pre_start; make it a service of its own and wait for it with "
           "'condition: service_completed_successfully'");
  }
  if (is_awaited_healthy() && is_job()) {
    refuse(service_.where,
           "another service waits for '" + service_.name + "' to be healthy, but it is one that ends");
  }
  for (const auto& holder : service_.joined()) {
    if (other(holder).is_job()) {
      refuse(service_.where,
             "the namespace of '" + holder + "' ends with it; another service waits for that");
    }
  }
  if (is_job() && (!service_.post_start.empty() || !service_.pre_stop.empty())) {
    refuse(service_.where, "post_start and pre_stop have no place in a service that runs once and ends");
  }
}

}  // namespace hwcsync::nix
