#include "gitops/source/object_id.hpp"

namespace hwcsync::git {

std::optional<ObjectId> ObjectId::parse(std::string_view text) {
  if (text.size() != 40) return std::nullopt;
  for (const char c : text) {
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return std::nullopt;
  }
  return ObjectId(std::string(text));
}

}  // namespace hwcsync::git
