#include "gitops/compose/assets.hpp"

#include <string_view>

namespace hwcsync::compose {
namespace {

constexpr std::string_view kOutside = "_outside/";

}  // namespace

std::string asset_name(const std::string& directory, const std::string& path) {
  const std::string prefix = directory + '/';
  return path.rfind(prefix, 0) == 0 ? path.substr(prefix.size()) : std::string(kOutside) + path;
}

std::string asset_path(const std::string& directory, const std::string& name) {
  return name.rfind(kOutside, 0) == 0 ? name.substr(kOutside.size()) : directory + '/' + name;
}

}  // namespace hwcsync::compose
