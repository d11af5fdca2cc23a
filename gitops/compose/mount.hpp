#pragma once

#include <map>
#include <string>
#include <vector>

// What a container finds in its file system: mounts, and grants of secrets and configs.
namespace hwcsync::compose {

struct Mount {
  enum class Type { bind, volume, tmpfs, image, npipe, cluster };
  Type type = Type::bind;
  std::string source;  // absolute host path, name of a volume or an image, or empty (anonymous volume)
  std::string target;
  bool read_only = false;
  // podman's own ("U", "z", "rslave"), in the order of the file; of a tmpfs "size=64m" and "mode=0755".
  std::vector<std::string> options;
  std::string subpath;                        // of a volume or an image
  std::string recursive;                      // of a bind: enabled, disabled, writable, readonly
  std::map<std::string, std::string> labels;  // of an anonymous volume
  bool operator==(const Mount&) const = default;
};

// A grant of a top-level secret or config to a service or a build.
struct Grant {
  std::string source;
  std::string target;  // absolute path in the container
  std::string uid = {};
  std::string gid = {};
  std::string mode = {};  // octal, four digits: "0440"; empty: 0444
  bool operator==(const Grant&) const = default;
};

}  // namespace hwcsync::compose
