#include "gitops/nix/bind_sources.hpp"

#include "gitops/compose/container_path.hpp"
#include "gitops/nix/encoders.hpp"

#include <algorithm>
#include <cctype>
#include <set>
#include <string_view>

namespace hwcsync::nix {
namespace {

bool below(std::string_view path, std::string_view directory) {
  return path == directory ||
         (path.size() > directory.size() && path.substr(0, directory.size()) == directory &&
          (path[directory.size()] == '/' || directory == "/"));
}

bool not_ours(const layout::Stack& stack, const std::string& path) {
  if (below(path, stack.account.home) && path != stack.account.home) return false;
  for (const std::string_view system : {"/bin", "/boot", "/dev", "/etc", "/lib", "/lib64", "/nix", "/proc",
                                        "/root", "/run", "/sbin", "/sys", "/tmp", "/usr", "/var/run"}) {
    if (below(path, system)) return true;
  }
  // What somebody else's programs would look into, such as their .ssh.
  if (below(path, "/home") && path.find("/.") != std::string::npos) return true;
  // One component ("/", "/mnt", "/home"): a mount point or a system directory.
  return path.find('/', 1) == std::string::npos;
}

std::string plain_variable(const compose::Service& service, const std::string& name) {
  const auto found = service.environment.find(name);
  if (found == service.environment.end() || found->second.tainted()) return "";
  const std::string text = found->second.plain();
  const bool digits = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return std::isdigit(static_cast<unsigned char>(c)) != 0;
  });
  return digits ? text : "";
}

// The host's name for "uid:gid" in the container. With another userns_mode nobody can say.
std::string on_host(const layout::Stack& stack, const compose::Service& service, const std::string& owner) {
  if (!stack.is_rootless()) return owner;
  const auto colon = owner.find(':');
  const auto id = [&](const std::string& text, std::int64_t own) {
    const bool number = !text.empty() && text != "root" && text.size() <= 5;
    const std::int64_t value = number && service.userns_mode.empty() ? std::stoll(text) : 0;
    // What lies behind the user's range is another user's.
    return std::to_string(value > layout::kSubIds ? own : stack.host_id(value, own));
  };
  return id(owner.substr(0, colon), stack.account.uid) + ":" + id(owner.substr(colon + 1), stack.account.gid);
}

// Who works with the files: PUID and PGID where an image reads them, else a numeric `user`, else root.
std::string owner_of(const compose::Service& service) {
  const std::string puid = plain_variable(service, "PUID");
  const std::string pgid = plain_variable(service, "PGID");
  if (!puid.empty()) return puid + ":" + (pgid.empty() ? puid : pgid);
  const bool numeric =
      !service.user.empty() && std::all_of(service.user.begin(), service.user.end(), [](char c) {
        return std::isdigit(static_cast<unsigned char>(c)) != 0 || c == ':';
      });
  if (!numeric) return "root:root";
  return service.user.find(':') == std::string::npos ? service.user + ":" + service.user : service.user;
}

}  // namespace

std::vector<std::string> bind_source_rules(const layout::Stack& stack) {
  std::vector<std::string> out;
  std::set<std::string> done;
  for (const auto& directory : stack.config.prepare.directories) done.insert(directory.path);
  for (const auto& [name, service] : stack.project.services) {
    for (const auto& mount : service.volumes) {
      if (mount.type != compose::Mount::Type::bind || mount.source.empty() || mount.source.front() != '/')
        continue;
      if (std::find(mount.options.begin(), mount.options.end(), "nocreate") != mount.options.end()) continue;
      if (not_ours(stack, mount.source) || compose::looks_like_file(mount.source)) continue;
      const auto covers = [&](const std::string& path) { return below(mount.source, path); };
      const auto& mounts = stack.config.mounts;
      if (std::any_of(mounts.required.begin(), mounts.required.end(), covers)) continue;
      if (std::any_of(mounts.on_demand.begin(), mounts.on_demand.end(), covers)) continue;
      if (!done.insert(mount.source).second) continue;
      // The colons: mode and owner of a directory that is there already stay as they are (tmpfiles.d(5)).
      const std::string owner = on_host(stack, service, owner_of(service));
      const auto colon = owner.find(':');
      out.push_back(tmpfiles_directory(mount.source, ":0755", ":" + owner.substr(0, colon),
                                       ":" + owner.substr(colon + 1)));
    }
  }
  return out;
}

}  // namespace hwcsync::nix
