#include "gitops/stack/rules.hpp"

namespace hwcsync::stack {

const std::vector<std::string>& rule_names() {
  static const std::vector<std::string> names{
      "database-published-everywhere",
      "health-missing-for-healthy-dependency",
      "image-unpinned",
      "image-unqualified",
      "repository-mount-read-only",
      "secret-in-environment",
      "unset-variable",
      "volume-u-on-network-mount",
  };
  return names;
}

}  // namespace hwcsync::stack
