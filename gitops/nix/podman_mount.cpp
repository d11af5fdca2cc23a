#include "gitops/nix/podman_mount.hpp"

#include "gitops/compose/container_path.hpp"
#include "gitops/nix/stack_parts.hpp"
#include "src/base/text.hpp"

#include <algorithm>

namespace hwcsync::nix {
namespace {

using compose::Mount;

bool contains(const std::vector<std::string>& list, const std::string& word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

// The options as podman has them, `ro` first.
std::vector<std::string> options_of(const compose::Service& service, const Mount& mount) {
  std::vector<std::string> out = mount.options;
  // Our reader's word for create_host_path: false; podman never makes a missing source.
  out.erase(std::remove(out.begin(), out.end(), "nocreate"), out.end());
  if (mount.read_only && !contains(out, "ro")) out.insert(out.begin(), "ro");
  if (mount.recursive == "disabled" && !contains(out, "bind")) out.emplace_back("bind");
  if (mount.recursive == "readonly") {
    refuse(service.where, "podman has no recursively read-only bind mount (" + mount.target + " of '" +
                              service.name + "'); remove 'recursive: readonly'");
  }
  return out;
}

// --mount is one line of comma separated fields.
std::string field(const compose::Service& service, const std::string& key, const std::string& value) {
  if (const auto fault = compose::mount_field_fault(value)) refuse(service.where, *fault);
  return "," + key + "=" + value;
}

std::string long_option(const compose::Service& service, const std::string& option) {
  if (option == "ro" || option == "rw" || option == "U" || option.rfind("idmap", 0) == 0) {
    return option == "rw"   ? ",ro=false"
           : option == "ro" ? ",ro=true"
           : option == "U"  ? ",U=true"
                            : "," + option;
  }
  if (option == "z") return ",relabel=shared";
  if (option == "Z") return ",relabel=private";
  for (const char* propagation : {"shared", "slave", "private", "unbindable"}) {
    if (option == propagation || option == "r" + std::string(propagation))
      return ",bind-propagation=" + option;
  }
  refuse(service.where, "the mount option '" + option + "' of the service '" + service.name +
                            "' does not go together with a colon in a path, 'subpath' or an image");
}

}  // namespace

PodmanMount podman_mount(const compose::Service& service, const Mount& mount, const std::string& source) {
  if (mount.type == Mount::Type::npipe || mount.type == Mount::Type::cluster) {
    refuse(service.where, "podman has no mounts of type npipe and cluster (" + mount.target + ")");
  }
  const auto options = options_of(service, mount);
  const bool colon = source.find(':') != std::string::npos || mount.target.find(':') != std::string::npos;
  if (mount.type == Mount::Type::image || !mount.subpath.empty() || colon) {
    const char* type = mount.type == Mount::Type::bind     ? "bind"
                       : mount.type == Mount::Type::volume ? "volume"
                                                           : "image";
    std::string out = std::string("--mount=type=") + type + field(service, "src", source) +
                      field(service, "dst", mount.target);
    if (!mount.subpath.empty()) out += field(service, "subpath", mount.subpath);
    for (const auto& option : options) {
      if (mount.type == Mount::Type::image && (option == "ro" || option == "rw")) {
        out += option == "rw" ? ",rw=true" : "";
      } else {
        out += long_option(service, option);
      }
    }
    return {.volume = {}, .option = std::move(out)};
  }
  const std::string path = source + ":" + mount.target;
  return {.volume = options.empty() ? path : path + ":" + join(options, ","), .option = {}};
}

}  // namespace hwcsync::nix
