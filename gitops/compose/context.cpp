#include "gitops/compose/context.hpp"

#include "src/base/tree.hpp"

namespace hwcsync::compose {

std::optional<std::string> Context::place(const std::string& path, const std::string& from) const {
  if (setting == Setting::plain && path.rfind('/', 0) == 0) return join_path("", path.substr(1));
  if (setting == Setting::plain && (path == "~" || path.rfind("~/", 0) == 0) && home.rfind('/', 0) == 0) {
    return join_path(home.substr(1), path.size() > 2 ? path.substr(2) : ".");
  }
  return join_path(from, path);
}

}  // namespace hwcsync::compose
