#pragma once

#include "gitops/layout/desired_state.hpp"

#include <map>
#include <optional>
#include <string>

namespace hwcsync::plan {

// Where the files are kept that a container sees under one of its paths. Two of these are equal where it is
// the same files.
struct DataPlace {
  enum class Kind {
    volume,     // in podman's store of a user
    host,       // a directory or file of the host, also by a volume that binds one
    share,      // of another machine, or a device
    anonymous,  // a volume of this container alone
    memory,     // tmpfs
  };
  Kind kind = Kind::volume;
  std::string name;   // the volume's for podman; the host's path; what the share or device is
  std::string store;  // of a volume: whose, and where; of a share: the server, where the options name it
  std::string subpath;
  bool operator==(const DataPlace&) const = default;
  // False for what goes with its container.
  [[nodiscard]] bool lasts() const noexcept { return kind != Kind::anonymous && kind != Kind::memory; }
};
// "volume one_data", "/srv/one of the host", "memory".
[[nodiscard]] std::string described(const DataPlace& place);

// How a mount may be used.
enum class Access { read, write };

struct DataMount {
  DataPlace place;
  bool read_only = false;
};

// By the path in the container, with what comes by volumes_from. Mounts of images hold nobody's data.
[[nodiscard]] std::map<std::string, DataMount> data_mounts(const layout::Stack& stack,
                                                           const compose::Service& service);

// What is under a path of the container: of a mount there, or of one above it. Nothing: what the image has.
[[nodiscard]] std::optional<DataPlace> place_at(const std::map<std::string, DataMount>& mounts,
                                                const std::string& path);

// The place of a volume that the stack's Compose file declares.
[[nodiscard]] DataPlace place_of(const layout::Stack& stack, const compose::Volume& volume);

}  // namespace hwcsync::plan
