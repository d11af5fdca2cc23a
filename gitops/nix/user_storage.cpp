#include "gitops/nix/user_storage.hpp"

#include "gitops/nix/encoders.hpp"
#include "src/base/hash.hpp"

#include <vector>

namespace hwcsync::nix {
namespace {

std::string directory(const std::string& user) {
  return "hwcsync/users/" + user;
}

// TOML; the reader of hwcsync.yaml lets no quote, backslash, dollar or line break into a path. The place
// stands twice: podman takes a user's from `graphroot` in the user's own file, and from
// `rootless_storage_path` in the one that CONTAINERS_STORAGE_CONF names (tried with 5.4).
std::string storage_conf(const stack::User& account) {
  const std::string place = "\"" + account.storage->path + "\"\n";
  return "[storage]\ndriver = \"" + account.storage->driver + "\"\nrunroot = \"/run/user/" +
         std::to_string(account.uid) + "/containers\"\ngraphroot = " + place +
         "rootless_storage_path = " + place;
}

std::string named(const std::string& user, const stack::User& account) {
  return directory(user) + "/storage-" + sha256_hex(storage_conf(account)).substr(0, 8) + ".conf";
}

}  // namespace

std::string storage_file(const layout::Stack& stack) {
  return stack.account.storage ? "/etc/" + named(stack.user, stack.account) : "";
}

void put_storage(const layout::DesiredState& desired, SetBuilder& body) {
  std::vector<std::string> rules;
  for (const auto& [name, account] : desired.config.users) {
    if (!account.storage) continue;
    const std::string uid = ":" + std::to_string(account.uid), gid = ":" + std::to_string(account.gid);
    const std::string home = account.home.empty() ? "/home/" + name : account.home;
    const std::string stable = directory(name) + "/storage.conf";
    const std::string file = named(name, account);
    for (const auto& one : {stable, file}) body.put("environment.etc", one, "text", storage_conf(account));
    body.put("environment.etc", directory(name) + "/storage.env", "text",
             "CONTAINERS_STORAGE_CONF=/etc/" + file + "\n");
    // The colons: a directory that is there already keeps its owner and mode, whatever the path says.
    rules.push_back(tmpfiles_directory(account.storage->path, ":0700", uid, gid));
    // For podman at the user's own prompt. A file of the user's own stays.
    for (const char* part : {"/.config", "/.config/containers"})
      rules.push_back(tmpfiles_directory(home + part, ":0700", uid, gid));
    rules.push_back(tmpfiles_link(home + "/.config/containers/storage.conf", "/etc/" + stable));
  }
  if (rules.empty()) return;
  body.put("systemd.tmpfiles.rules", strings(rules))
      // One unit for all users; who has no such file has no such settings.
      .put("systemd.user.services.podman.serviceConfig.EnvironmentFile",
           "-/etc/hwcsync/users/%u/storage.env");
}

}  // namespace hwcsync::nix
