#pragma once

#include <string>

// Tracked files that containers mount are copied to the stack's assets directory.
namespace hwcsync::compose {

// The name there of a file of the tree: its path below the stack's directory; "_outside/shared/Caddyfile" for
// one that stands elsewhere in the repository.
[[nodiscard]] std::string asset_name(const std::string& directory, const std::string& path);

// The file of the tree that has this name there.
[[nodiscard]] std::string asset_path(const std::string& directory, const std::string& name);

}  // namespace hwcsync::compose
