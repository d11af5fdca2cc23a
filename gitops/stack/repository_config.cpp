#include "gitops/stack/repository_config.hpp"

#include "gitops/stack/names.hpp"
#include "gitops/stack/refused.hpp"
#include "gitops/stack/rules.hpp"
#include "gitops/stack/stack_schema.hpp"
#include "src/base/text.hpp"

#include <algorithm>
#include <set>

namespace hwcsync {

using stack::Defaults;
using stack::Host;
using stack::RepositoryConfig;
using stack::Storage;
using stack::User;

template <>
struct Schema<Defaults> : StructSchema<Defaults> {
  static const Rows<Defaults>& rows() {
    static const Rows<Defaults> table{
        row<&Defaults::style>(
            "style",
            "How stacks become Nix: compose (rootless, one unit a stack) or oci (one unit a container)."),
        row<&Defaults::user>(
            "user",
            "Who runs stacks of style compose; one of the host's users, or dedicated: one for each stack, "
            "stack-<stack>."),
        row<&Defaults::timezone>("timezone",
                                 "Given to Compose as ${TZ}, unless a variable of that name is declared.")};
    return table;
  }
};

template <>
struct Schema<Storage> : StructSchema<Storage> {
  static const Rows<Storage>& rows() {
    static const Rows<Storage> table{
        required_row<&Storage::path>("path",
                                     "Directory for podman's images, containers and volumes of this user."),
        row<&Storage::driver>("driver", "overlay, btrfs, zfs or vfs; default overlay.")};
    return table;
  }
};

template <>
struct Schema<User> : StructSchema<User> {
  static const Rows<User>& rows() {
    static const Rows<User> table{
        required_row<&User::uid>("uid", "User id on the host."),
        row<&User::gid>("gid", "Primary group id; default 100, NixOS' group users."),
        row<&User::sub_ids>("sub-ids", "First of the 65,536 subordinate user and group ids; default 100000."),
        row<&User::home>("home", "Home directory, what ~ and ${HOME} stand for; default /home/<name>."),
        row<&User::storage>("storage",
                            "Where podman keeps what is this user's; default: below the home directory.")};
    return table;
  }
};

template <>
struct Schema<Host> : StructSchema<Host> {
  static const Rows<Host>& rows() {
    static const Rows<Host> table{
        row<&Host::flake>("flake", "Attribute of the repository's flake, such as \"#server\"; or use file."),
        row<&Host::file>("file", "Path of configuration.nix in the repository, for a host without a flake."),
        row<&Host::stacks>("stacks", "The stacks that run on this host."),
        row<&Host::variables>("variables",
                              "Variables for Compose files; they win over those of the repository."),
        row<&Host::hostname>("hostname",
                             "What the machine calls itself, where that differs from the name here."),
        row<&Host::users>("users", "Users that run stacks."),
        row<&Host::podman>("podman",
                           "Generate podman, lingering, subordinate ids and the API socket for those users."),
        row<&Host::firewall>("firewall", "Open the ports that stacks declare."),
        row<&Host::nixpkgs>("nixpkgs",
                            "Oldest NixOS release that generated modules must suit, such as \"24.05\"; "
                            "default: \"25.05\", the newest that makes a difference."),
        row<&Host::recipients>("recipients",
                               "age recipients that must be able to decrypt this host's secrets.")};
    return table;
  }
};

namespace {

void read_version(const Row<RepositoryConfig>& /*row*/, const Yaml& value, RepositoryConfig& out,
                  Problems& problems) {
  const std::size_t before = problems.list().size();
  Schema<std::int64_t>::read(value, out.version, problems);
  if (problems.list().size() == before && out.version != 1) {
    problems.add(value, "version " + value.text + " is not known to this hwcsync; it reads version 1");
  }
}

Json version_schema() {
  return {{"const", 1}};
}

void read_policy(const Row<RepositoryConfig>& /*row*/, const Yaml& value, RepositoryConfig& out,
                 Problems& problems) {
  if (!schema::expect_mapping(value, problems)) return;
  for (const Yaml::Entry& entry : value.entries) {
    const auto& known = stack::rule_names();
    const Location where = stack::key_place(value, entry.key);
    const auto& values = stack::rule_values(entry.key);
    if (std::find(known.begin(), known.end(), entry.key) == known.end()) {
      problems.add(where, "unknown rule '" + entry.key + "'" + suggestion(entry.key, known));
    } else if (!entry.value.is_scalar() ||
               std::find(values.begin(), values.end(), entry.value.text) == values.end()) {
      problems.add(entry.value,
                   "expected one of " + join(values, ", ") +
                       (entry.value.is_scalar() ? ", found '" + entry.value.text + "'" : std::string()));
    } else {
      out.policy[entry.key] = entry.value.text;
      out.policy_places[entry.key] = where;
    }
  }
}

Json policy_schema() {
  Json properties = Json::object();
  for (const std::string& rule : stack::rule_names()) properties[rule] = {{"enum", stack::rule_values(rule)}};
  return {{"type", "object"}, {"additionalProperties", false}, {"properties", properties}};
}

}  // namespace

template <>
struct Schema<RepositoryConfig> : StructSchema<RepositoryConfig> {
  static const Rows<RepositoryConfig>& rows() {
    static const Rows<RepositoryConfig> table = [] {
      Rows<RepositoryConfig> out{
          {"version", "Version of this file's format: 1.", &read_version, &version_schema, true},
          row<&RepositoryConfig::stacks>("stacks", "Directory that holds one directory a stack."),
          row<&RepositoryConfig::generated>("generated", "Where generated modules are written."),
          row<&RepositoryConfig::defaults>("defaults", "What holds for a stack that does not say otherwise."),
          row<&RepositoryConfig::variables>("variables", "Variables for Compose files."),
          row<&RepositoryConfig::secrets>(
              "secrets", "Where a secret's source is looked up after the stack's own directory."),
          {"policy",
           "Severity of each lint rule: error, warn or off; autoupdate-label: require, forbid or off.",
           &read_policy, &policy_schema, false},
          row<&RepositoryConfig::documents>(
              "documents", "Globs of files that change nothing on a host, beside the built-in ones."),
          row<&RepositoryConfig::hosts>("hosts", "The machines.")};
      for (const char* key :
           {"repository",    "remote",    "remotes",         "credentials", "branch",        "poll",
            "poll-interval", "signers",   "allowed-signers", "identities",  "webhook",       "notifications",
            "notify",        "hooks",     "metrics",         "limits",      "health",        "deadlines",
            "host",          "host-name", "state-dir",       "runtime-dir", "nixos-rebuild", "nix",
            "log-level"}) {
        out.push_back(stack::host_row<RepositoryConfig>(key));
      }
      out.push_back(stack::unsupported_row<RepositoryConfig>("layout", "Shape of an existing repository."));
      return out;
    }();
    return table;
  }
};

}  // namespace hwcsync

namespace hwcsync::stack {
namespace {

struct Reader {
  const RepositoryConfig& config;
  const Yaml& document;
  Problems& problems;

  void check_path(const char* key, const std::string& path) const {
    if (is_repository_path(path)) return;
    const Yaml* value = document.find(key);
    problems.add(
        value == nullptr ? document : *value,
        "'" + path + "' must be a path inside the repository, without '.', '..' and a slash at either end");
  }

  void check_paths() const {
    check_path("stacks", config.stacks);
    check_path("generated", config.generated);
    check_path("secrets", config.secrets);
    const auto within = [](const std::string& path, const std::string& other) {
      return path == other || path.rfind(other + '/', 0) == 0;
    };
    if (within(config.generated, config.stacks) || within(config.stacks, config.generated) ||
        within(config.generated, config.secrets) || within(config.secrets, config.generated)) {
      problems.add(key_place(document, "generated"),
                   "the directory of generated modules must not overlap 'stacks' or 'secrets'");
    }
  }

  static bool is_host_path(const std::string& path) {
    return path.size() > 1 && path.front() == '/' && is_repository_path(path.substr(1)) &&
           path.find_first_of("\"\\$") == std::string::npos &&
           std::none_of(path.begin(), path.end(), [](unsigned char c) { return c < ' ' || c == 127; });
  }

  static std::string home_of(const std::string& name, const User& user) {
    return user.home.empty() ? "/home/" + name : user.home;
  }

  static bool holds(const std::string& directory, const std::string& path) {
    return (path + '/').rfind(directory + '/', 0) == 0;
  }

  void check_storage(const Host& host, const std::string& name, const Yaml& user) const {
    static const std::vector<std::string> drivers{"overlay", "btrfs", "zfs", "vfs"};
    static const std::vector<std::string> kSystem{"/bin",
                                                  "/boot",
                                                  "/dev",
                                                  "/etc",
                                                  "/lib",
                                                  "/lib64",
                                                  "/nix",
                                                  "/proc",
                                                  "/root",
                                                  "/run",
                                                  "/sbin",
                                                  "/sys",
                                                  "/tmp",
                                                  "/usr",
                                                  "/var/run",
                                                  "/var/lib/hwcsync",
                                                  "/var/lib/containers"};
    static const std::set<std::string> kShared{"/var/cache", "/var/lib", "/var/log", "/var/tmp"};
    const Storage& storage = *host.users.at(name).storage;
    const Location where = key_place(user, "storage");
    if (!is_host_path(storage.path))
      problems.add(
          where, "'" + storage.path + "' must be an absolute path without '.', '..' and a slash at its end");
    const bool of_system = std::any_of(kSystem.begin(), kSystem.end(), [&](const std::string& directory) {
      return (storage.path + '/').rfind(directory + '/', 0) == 0;
    });
    const bool shared = kShared.count(storage.path) != 0 || storage.path.find('/', 1) == std::string::npos;
    if (is_host_path(storage.path) && (of_system || shared))
      problems.add(where, "'" + storage.path + "' is the system's: name a directory for podman alone");
    if (std::find(drivers.begin(), drivers.end(), storage.driver) == drivers.end()) {
      problems.add(where, "'" + storage.driver + "' is no storage driver" +
                              suggestion(storage.driver, drivers) + ": podman has " + join(drivers, ", "));
    }
    if (!host.podman) {
      problems.add(where,
                   "the storage of a user is set up with 'podman: true' of the host; without it podman's own "
                   "configuration decides");
    }
    if (holds(storage.path, home_of(name, host.users.at(name))))
      problems.add(where, "the home of '" + name + "' is in '" + storage.path +
                              "': name a directory for podman alone, such as one below it");
    for (const auto& [other_name, other] : host.users) {
      if (other_name == name) continue;
      const std::string home = home_of(other_name, other);
      if (holds(home, storage.path) || holds(storage.path, home))
        problems.add(where, "'" + storage.path + "' and " + home + ", the home of '" + other_name +
                                "', are one place or in another: podman's files belong to one user");
      if (!other.storage) continue;
      const std::string& theirs = other.storage->path;
      if (holds(theirs, storage.path) || holds(storage.path, theirs))
        problems.add(where, "the storage of the users '" + name + "' and '" + other_name +
                                "' is one place or in another: podman's files belong to one user");
    }
  }

  void check_users(const Host& host, const Yaml& users) const {
    for (const auto& [name, user] : host.users) {
      const Location where = key_place(users, name);
      if (!is_name(name)) problems.add(where, "'" + name + "' is no name for a user (a-z, 0-9 and '-')");
      if (user.uid < 1 || user.uid > 65533) problems.add(where, "uid must be between 1 and 65533");
      if (user.gid < 1 || user.gid > 65533) problems.add(where, "gid must be between 1 and 65533");
      if (user.sub_ids < 65536 || user.sub_ids > 4294901760 - 65536) {
        problems.add(where, "sub-ids must be between 65536 and 4294836224");
      }
      if (name == kDedicated || name == "root")
        problems.add(where, "no user of a host can be called '" + name + "': 'user: " + name +
                                "' means something else");
      if (!user.home.empty() && !is_host_path(user.home))
        problems.add(where, "home must be an absolute path without '.', '..' and a slash at its end");
      if (user.storage) check_storage(host, name, *users.find(name));
      for (const auto& [other_name, other] : host.users) {
        if (other_name <= name) continue;
        if (user.uid == other.uid)
          problems.add(where, "the users '" + name + "' and '" + other_name + "' have the same uid");
        if (home_of(name, user) == home_of(other_name, other))
          problems.add(where, "the users '" + name + "' and '" + other_name + "' have the same home");
        if (std::max(user.sub_ids, other.sub_ids) - std::min(user.sub_ids, other.sub_ids) < 65536) {
          problems.add(where,
                       "the sub-ids of '" + name + "' and '" + other_name + "' overlap: each takes 65,536");
        }
      }
    }
  }

  void check_stacks(const Yaml& stacks) const {
    std::set<std::string> seen;
    for (const Yaml& item : stacks.items) {
      if (!item.is_scalar()) continue;
      if (!is_name(item.text)) {
        problems.add(
            item, "'" + item.text + "' is no name for a stack (a-z, 0-9 and '-', a letter or digit first)");
      } else if (!seen.insert(item.text).second) {
        problems.add(item, "the stack '" + item.text + "' stands twice in this list");
      }
    }
  }

  static bool is_release(const std::string& text) {
    return text.size() == 5 && text.find_first_not_of("0123456789") == 2 && text[2] == '.' &&
           text.find_first_not_of("0123456789", 3) == std::string::npos && text >= "24.05";
  }

  void check_host(const std::string& name, const Host& host, const Yaml& hosts) const {
    const Location where = key_place(hosts, name);
    const Yaml* value = hosts.find(name);
    if (!is_name(name))
      problems.add(where, "'" + name + "' is no name for a host (a-z, 0-9 and '-', a letter or digit first)");
    if (host.flake.empty() == host.file.empty()) {
      problems.add(where, host.flake.empty()
                              ? "the host '" + name + "' needs 'flake' (such as \"#" + name + "\") or 'file'"
                              : "the host '" + name + "' has both 'flake' and 'file'; only one can be");
    }
    if (!host.flake.empty() && (host.flake.front() != '#' || host.flake.size() < 2)) {
      problems.add(*value->find("flake"),
                   "'" + host.flake +
                       "' must be '#' and an attribute of this repository's flake, such as \"#" + name +
                       "\"");
    }
    if (!host.nixpkgs.empty() && !is_release(host.nixpkgs)) {
      problems.add(*value->find("nixpkgs"),
                   "'" + host.nixpkgs + "' is no NixOS release from 24.05 on; write it as \"24.05\"");
    }
    if (!host.file.empty() && !is_repository_path(host.file)) {
      problems.add(*value->find("file"), "'" + host.file + "' must be a path inside the repository");
    }
    if (const Yaml* users = value->find("users")) check_users(host, *users);
    if (const Yaml* stacks = value->find("stacks")) check_stacks(*stacks);
    check_variable_names(value->find("variables"), problems);
  }
};

void keep_places(RepositoryConfig& config, const Yaml& hosts) {
  for (auto& [name, host] : config.hosts) {
    host.name = name;
    const Yaml* value = hosts.find(name);
    const Yaml* stacks = value == nullptr ? nullptr : value->find("stacks");
    if (stacks == nullptr) continue;
    for (const Yaml& item : stacks->items) host.stack_places.emplace(item.text, item.where());
  }
}

}  // namespace

Location RepositoryConfig::place(const std::string& key) const {
  return find_place(places, key).value_or(Location{kRepositoryFile, 0, 0});
}

RepositoryConfig read_repository_config(const Tree& tree, Rules rules) {
  const auto content = tree.read(kRepositoryFile);
  if (!content) {
    throw ConfigError(
        ConfigKind::repository,
        {{{kRepositoryFile, 0, 0},
          "there is no such file at the root of the repository; 'hwcsync init' writes a first one"}});
  }
  if (const auto fault = path_fault(tree, kRepositoryFile)) {
    throw ConfigError(ConfigKind::repository, {{{kRepositoryFile, 0, 0}, *fault}});
  }
  const Yaml document = parse_yaml(*content, kRepositoryFile);
  // An empty registry is not "no stacks".
  if (document.is_null()) {
    throw ConfigError(ConfigKind::repository,
                      {{{kRepositoryFile, 1, 1}, "the file is empty; it needs 'version: 1' and 'hosts'"}});
  }
  RepositoryConfig out;
  Problems problems;
  Schema<RepositoryConfig>::read(document, out, problems);
  problems.throw_if_any(ConfigKind::repository);  // what follows takes the kinds of values for granted
  check_text(document, problems);
  const Reader reader{out, document, problems};
  reader.check_paths();
  check_variable_names(document.find("variables"), problems);
  if (out.hosts.empty()) {
    problems.add(key_place(document, "hosts"),
                 "declares no host; every machine that this repository is for stands under 'hosts'");
  }
  if (const Yaml* hosts = document.find("hosts")) {
    for (const auto& [name, host] : out.hosts) reader.check_host(name, host, *hosts);
    keep_places(out, *hosts);
  }
  out.places = places_of(document);
  if (rules == Rules::enforced) problems.throw_if_any(ConfigKind::repository);
  return out;
}

const Host& find_host(const RepositoryConfig& config, const std::string& name) {
  const auto found = config.hosts.find(name);
  if (found != config.hosts.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [host, value] : config.hosts) names.push_back(host);
  const std::string hint = names.empty() ? std::string("hwcsync.yaml declares no host")
                                         : "hosts in hwcsync.yaml: " + join(names, ", ");
  throw UsageError(
      {"unknown host", "'" + name + "'", "it is not in hwcsync.yaml" + suggestion(name, names), hint});
}

Json repository_schema() {
  Json out = Schema<RepositoryConfig>::json();
  out["$schema"] = "https://json-schema.org/draft/2020-12/schema";
  out["title"] = "hwcsync.yaml";
  return out;
}

Json refused_schema() {
  return {{"not", Json::object()}};
}

}  // namespace hwcsync::stack
