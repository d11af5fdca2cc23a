#include "gitops/compose/container_path.hpp"

#include "src/base/text.hpp"

namespace hwcsync::compose {
namespace {

constexpr std::size_t kLongestExtension = 5;

}  // namespace

std::string clean_path(std::string_view path) {
  if (path.empty() || path.front() != '/') return std::string(path);
  std::string out;
  for (const std::string& part : split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      out.erase(out.empty() ? 0 : out.rfind('/'));  // above the root is the root
    } else {
      out += '/' + part;
    }
  }
  return out.empty() ? "/" : out;
}

std::optional<std::string> mount_field_fault(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::nullopt;
  return "podman has no way to write '" + printable(text) +
         "' in a mount, because of its comma, quote or line break; rename it, or mount the directory above "
         "it";
}

bool looks_like_file(std::string_view path) {
  const auto slash = path.rfind('/');
  const std::string_view name = path.substr(slash == std::string_view::npos ? 0 : slash + 1);
  const auto dot = name.rfind('.');
  return dot != std::string_view::npos && dot > 0 && dot + 1 < name.size() &&
         name.size() - dot - 1 <= kLongestExtension;
}

}  // namespace hwcsync::compose
