#pragma once

#include <cstddef>
#include <map>
#include <string>

namespace hwcsync::compose {

// A directory of the repository that containers mount, or an image is built from: the tracked files below it,
// as they are copied to the host.
struct TrackedDirectory {
  struct File {
    std::string content;
    bool executable = false;
    bool operator==(const File&) const = default;
  };

  std::string path;                   // in the tree: "stacks/web/html"
  std::map<std::string, File> files;  // path below it -> file

  // Follows from names, contents and modes alone; 12 hex digits, as the label of a single file.
  [[nodiscard]] std::string hash() const;
  bool operator==(const TrackedDirectory&) const = default;
};

// More is a data set, or a checkout of somebody else's: it would be copied into the store with every change.
inline constexpr std::size_t kDirectoryFiles = 2000;
inline constexpr std::size_t kDirectoryBytes = std::size_t{32} << 20U;

// What the directory at `path` is called: its path below the stack's directory, "." for that itself,
// "_outside/shared/html" for one elsewhere in the repository.
[[nodiscard]] std::string directory_name(const std::string& directory, const std::string& path);

// The name as one component of a path, different for different names: "conf%2Fsites". Each directory stands
// alone below .../trees, because one that is mounted may lie in another that is.
[[nodiscard]] std::string directory_entry(const std::string& name);

}  // namespace hwcsync::compose
