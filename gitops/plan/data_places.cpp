#include "gitops/plan/data_places.hpp"

#include "gitops/plan/settings.hpp"
#include "src/base/text.hpp"

#include <algorithm>
#include <filesystem>

namespace hwcsync::plan {
namespace {

using Kind = DataPlace::Kind;

// "/srv/one/" and "/srv//one" are "/srv/one".
std::string host_path(const std::string& path) {
  std::string out = std::filesystem::path(path).lexically_normal();
  while (out.size() > 1 && out.back() == '/') out.pop_back();
  return out;
}

std::string option(const compose::Volume& volume, const std::string& name) {
  const auto found = volume.driver_opts.find(name);
  return found == volume.driver_opts.end() ? "" : found->second.compose_text();
}

bool binds(const std::string& options) {
  for (const std::string& word : split(options, ',')) {
    if (word == "bind" || word == "rbind") return true;
  }
  return false;
}

// Of the options of a network file system: whose it is.
std::string server_of(const std::string& options) {
  for (const std::string& word : split(options, ',')) {
    if (word.starts_with("addr=")) return word.substr(5);
  }
  return "";
}

DataPlace mounted_place(const layout::Stack& stack, const compose::Mount& mount) {
  switch (mount.type) {
    case compose::Mount::Type::bind:
      return {Kind::host, host_path(mount.source), {}, {}};
    case compose::Mount::Type::tmpfs:
      return {Kind::memory, {}, {}, {}};
    default:
      break;
  }
  if (mount.source.empty()) return {Kind::anonymous, {}, {}, {}};
  const auto declared = stack.project.volumes.find(mount.source);
  DataPlace out = place_of(stack, declared == stack.project.volumes.end()
                                      ? compose::Volume{.key = mount.source, .name = mount.source}
                                      : declared->second);
  if (out.kind == Kind::host && !mount.subpath.empty()) {
    out.name = host_path(out.name + '/' + mount.subpath);
  } else {
    out.subpath = mount.subpath;
  }
  return out;
}

void collect(const layout::Stack& stack, const compose::Service& service, bool read_only, int depth,
             std::map<std::string, DataMount>& out) {
  using Type = compose::Mount::Type;
  for (const compose::Mount& mount : service.volumes) {
    if (mount.type == Type::bind || mount.type == Type::volume || mount.type == Type::tmpfs)
      out.emplace(host_path(mount.target),
                  DataMount{mounted_place(stack, mount), read_only || mount.read_only});
  }
  for (const std::string& entry : service.tmpfs)
    out.emplace(host_path(entry.substr(0, entry.find(':'))),
                DataMount{{Kind::memory, {}, {}, {}}, read_only});
  constexpr int kDeepest = 8;
  for (const compose::VolumesFrom& from : service.volumes_from) {
    const auto other = stack.project.services.find(from.from);
    if (from.container || depth == kDeepest || other == stack.project.services.end()) continue;
    collect(stack, other->second, read_only || from.read_only, depth + 1, out);
  }
}

}  // namespace

std::string described(const DataPlace& place) {
  switch (place.kind) {
    case Kind::volume:
      return "volume " + place.name + (place.subpath.empty() ? "" : " (" + place.subpath + ')');
    case Kind::host:
      return place.name + " of the host";
    case Kind::share:
      return "the share " + place.name + (place.store.empty() ? "" : " of " + place.store);
    case Kind::anonymous:
      return "a volume without a name";
    case Kind::memory:
      break;
  }
  return "memory";
}

DataPlace place_of(const layout::Stack& stack, const compose::Volume& volume) {
  const std::string device = option(volume, "device");
  const std::string type = option(volume, "type");
  if (volume.external || device.empty())
    return {
        Kind::volume, volume.name, stack.user + ' ' + described(storage_of(stack.user, stack.account)), {}};
  if (type == "tmpfs") return {Kind::memory, {}, {}, {}};
  if (binds(option(volume, "o"))) return {Kind::host, host_path(device), {}, {}};
  return {Kind::share, device, server_of(option(volume, "o")), {}};
}

std::optional<DataPlace> place_at(const std::map<std::string, DataMount>& mounts, const std::string& path) {
  if (!path.starts_with('/')) return std::nullopt;
  for (std::string at = path; !at.empty();
       at.resize(at.size() > 1 ? std::max<std::size_t>(at.rfind('/'), 1) : 0)) {
    const auto found = mounts.find(at);
    if (found == mounts.end()) continue;
    DataPlace out = found->second.place;
    const std::string below = at == path ? "" : path.substr(at == "/" ? 1 : at.size() + 1);
    if (!below.empty() && out.kind == Kind::host) {
      out.name = host_path(out.name + '/' + below);
    } else if (!below.empty()) {
      out.subpath += (out.subpath.empty() ? "" : "/") + below;
    }
    return out;
  }
  return std::nullopt;
}

std::map<std::string, DataMount> data_mounts(const layout::Stack& stack, const compose::Service& service) {
  std::map<std::string, DataMount> out;
  collect(stack, service, false, 0, out);
  return out;
}

}  // namespace hwcsync::plan
