#include "gitops/compose/model.hpp"

#include <algorithm>
#include <string_view>

namespace hwcsync::compose {
namespace {

// NAME of "service:NAME", empty for anything else.
std::string holder(const std::string& mode) {
  constexpr std::string_view kPrefix = "service:";
  return mode.rfind(kPrefix, 0) == 0 ? mode.substr(kPrefix.size()) : "";
}

// Canonical text: a literal dollar sign is doubled, so a single one begins a secret.
bool has_secret(const std::string& text) {
  for (std::size_t at = text.find('$'); at != std::string::npos; at = text.find('$', at)) {
    if (text.compare(at, 2, "$$") != 0) return true;
    at += 2;
  }
  return false;
}

bool has_secret(const Yaml& value) {
  return (value.is_scalar() && has_secret(value.text)) ||
         std::any_of(value.items.begin(), value.items.end(),
                     [](const Yaml& item) { return has_secret(item); }) ||
         std::any_of(value.entries.begin(), value.entries.end(),
                     [](const Yaml::Entry& entry) { return has_secret(entry.value); });
}

}  // namespace

bool Project::uses_secret_variables(const std::string& service) const {
  const Yaml* all = canonical.find("services");
  const Yaml* own = all == nullptr ? nullptr : all->find(service);
  return (own != nullptr && has_secret(*own)) || has_values_copied(service);
}

bool Project::has_values_copied(const std::string& service) const {
  const auto found = services.find(service);
  if (found == services.end()) return false;
  const auto& granted = found->second;
  return std::any_of(granted.configs.begin(), granted.configs.end(),
                     [&](const Grant& grant) {
                       const auto config = configs.find(grant.source);
                       return config != configs.end() && config->second.content.tainted();
                     }) ||
         std::any_of(granted.secrets.begin(), granted.secrets.end(),
                     [&](const Grant& grant) { return secret_environment.count(grant.source) != 0; });
}

std::string Service::namespace_of() const {
  return holder(network_mode);
}

std::set<std::string> Service::joined() const {
  std::set<std::string> out{holder(network_mode), holder(ipc), holder(pid)};
  out.erase("");
  return out;
}

std::set<std::string> Service::implied_dependencies() const {
  std::set<std::string> out = joined();
  for (const Link& link : links) out.insert(link.service);
  for (const VolumesFrom& from : volumes_from) {
    if (!from.container) out.insert(from.from);
  }
  return out;
}

bool Service::attached_to(const std::string& network) const {
  return std::any_of(networks.begin(), networks.end(),
                     [&](const NetworkAttachment& item) { return item.key == network; });
}

}  // namespace hwcsync::compose
