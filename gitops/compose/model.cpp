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

}  // namespace

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
