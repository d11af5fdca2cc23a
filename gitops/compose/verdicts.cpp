#include "gitops/compose/verdicts.hpp"

#include <array>
#include <map>
#include <utility>

namespace hwcsync::compose {
namespace {

using Index = std::map<std::pair<std::string_view, std::string_view>, const KeyRow*>;

const Index& index() {
  static const Index table = [] {
    Index out;
    for (const auto rows : {top_level_keys(), service_keys(), nested_keys()}) {
      for (const KeyRow& row : rows) out.emplace(std::pair{row.scope, row.key}, &row);
    }
    return out;
  }();
  return table;
}

}  // namespace

std::span<const KeyScope> scopes() {
  static constexpr std::array kScopes{
      KeyScope{"file", ""},
      KeyScope{"service", "services.*"},
      KeyScope{"build", "services.*.build"},
      KeyScope{"blkio_config", "services.*.blkio_config"},
      KeyScope{"blkio_config's weight", "services.*.blkio_config.weight_device[]"},
      KeyScope{"blkio_config's rate", "services.*.blkio_config.device_*[]"},
      KeyScope{"dependency", "services.*.depends_on.*"},
      KeyScope{"deploy", "services.*.deploy"},
      KeyScope{"deploy's resources", "services.*.deploy.resources"},
      KeyScope{"deploy's limits", "services.*.deploy.resources.limits"},
      KeyScope{"deploy's reservations", "services.*.deploy.resources.reservations"},
      KeyScope{"deploy's restart policy", "services.*.deploy.restart_policy"},
      KeyScope{"device request", "services.*.gpus[], services.*.deploy.resources.reservations.devices[]"},
      KeyScope{"device", "services.*.devices[]"},
      KeyScope{"env_file", "services.*.env_file[]"},
      KeyScope{"health check", "services.*.healthcheck"},
      KeyScope{"hook", "services.*.pre_start[], services.*.post_start[], services.*.pre_stop[]"},
      KeyScope{"logging", "services.*.logging"},
      KeyScope{"service's network", "services.*.networks.*"},
      KeyScope{"port", "services.*.ports[]"},
      KeyScope{"grant", "services.*.secrets[], services.*.configs[], services.*.build.secrets[]"},
      KeyScope{"ulimit", "services.*.ulimits.*, services.*.build.ulimits.*"},
      KeyScope{"mount", "services.*.volumes[]"},
      KeyScope{"mount's bind", "services.*.volumes[].bind"},
      KeyScope{"mount's volume", "services.*.volumes[].volume"},
      KeyScope{"mount's tmpfs", "services.*.volumes[].tmpfs"},
      KeyScope{"mount's image", "services.*.volumes[].image"},
      KeyScope{"network", "networks.*"},
      KeyScope{"network's ipam", "networks.*.ipam"},
      KeyScope{"network's ipam.config", "networks.*.ipam.config[]"},
      KeyScope{"volume", "volumes.*"},
      KeyScope{"secret", "secrets.*"},
      KeyScope{"config", "configs.*"},
  };
  return kScopes;
}

const KeyRow* find_key(std::string_view scope, std::string_view key) {
  const auto found = index().find({scope, key});
  return found == index().end() ? nullptr : found->second;
}

std::vector<std::string> keys_of(std::string_view scope) {
  std::vector<std::string> out;
  for (auto it = index().lower_bound({scope, ""}); it != index().end() && it->first.first == scope; ++it) {
    out.emplace_back(it->first.second);
  }
  return out;
}

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::mapped:
      return "mapped";
    case Verdict::approximated:
      return "approximated";
    case Verdict::ignored:
      return "ignored";
    case Verdict::refused:
      return "refused";
  }
  return "";
}

}  // namespace hwcsync::compose
