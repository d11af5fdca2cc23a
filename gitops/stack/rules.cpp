#include "gitops/stack/rules.hpp"

namespace hwcsync::stack {

const std::vector<std::string>& rule_names() {
  static const std::vector<std::string> names{
      "autoupdate-label",
      "compose-file-unread",
      "database-published-everywhere",
      "health-missing-for-healthy-dependency",
      "image-unpinned",
      "image-unqualified",
      "keep-id-of-root",
      "namespace-by-container",
      "repository-mount-read-only",
      "rootless-low-port",
      "rootless-network-volume",
      "secret-in-environment",
      "unset-variable",
      "variable-shadowed",
      "volume-u-on-network-mount",
  };
  return names;
}

const std::vector<std::string>& rule_values(const std::string& rule) {
  static const std::vector<std::string> severities{"error", "warn", "off"};
  static const std::vector<std::string> label{"require", "forbid", "off"};
  return rule == "autoupdate-label" ? label : severities;
}

}  // namespace hwcsync::stack
