#pragma once

#include "gitops/nix/oci_service.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace hwcsync::nix {

// What `podman run` is given for one service, before it is said as options of NixOS or as words of a command.
struct PodmanRun {
  std::string name;
  std::string image;
  std::string pull = "missing";
  std::string log_driver = "journald";
  std::string entrypoint;  // one word; empty: the image's own, or among `flags`
  std::vector<std::string> command;
  std::map<std::string, std::string> environment;
  std::vector<std::string> env_files;
  std::vector<std::string> ports;
  std::vector<std::string> volumes;
  std::map<std::string, std::string> labels;
  std::string user;
  std::string workdir;
  std::string hostname;
  std::map<std::string, bool> capabilities;  // true: added, false: dropped
  std::vector<std::string> devices;
  std::vector<std::string> networks;
  std::vector<std::string> engine_flags;  // before `run`
  std::vector<std::string> flags;
  bool privileged = false;
  bool ready_when_healthy = false;
};

// Throws ConfigError for what podman cannot do.
[[nodiscard]] PodmanRun podman_run(const OciService& service);

// As the words that start a container in the foreground, under its name, in place of an older one.
[[nodiscard]] std::vector<std::string> podman_words(const PodmanRun& run);

// The volumes of this stack that its services mount and that it makes itself.
[[nodiscard]] std::vector<const compose::Volume*> own_volumes(const layout::Stack& stack);
// The networks of this stack that its services join and that it makes itself.
[[nodiscard]] std::vector<const compose::Network*> own_networks(const layout::Stack& stack);

}  // namespace hwcsync::nix
