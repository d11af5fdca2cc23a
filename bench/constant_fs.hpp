#pragma once

#include <string>

namespace hwcsync::bench {

// The least that a FUSE file system can do: one file, "value", that holds one line. Mounts at the directory
// (root only) and serves until it is unmounted. Gives false when it cannot mount.
bool serve_constant(const std::string& directory);

}  // namespace hwcsync::bench
