#pragma once

#include "gitops/stack/repository_config.hpp"
#include "src/base/tree.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

// stack.yaml, or x-hwcsync in the Compose file (DESIGN 3.2).
namespace hwcsync::stack {

struct SecretSource {
  std::string source;                 // file, beside the stack or below the repository's `secrets`
  std::string key;                    // path in a structured file or name in a dotenv file; empty: the whole
  std::string text_template;          // key `template`: a file with ${secret:name} placeholders
  std::vector<std::string> services;  // who gets it; empty: every service of the stack that uses it
  std::string mode = "0400";
  Location where;
};

struct Directory {
  std::string path;
  std::string owner;            // "uid:gid" on the host
  std::string container_owner;  // "uid:gid" in the container; the layout turns it into `owner`
  std::string mode = "0755";
  Location where;
};

struct Probe {
  std::string http;
  std::string tcp;
  std::vector<std::string> command;
};

struct Health {
  std::string timeout = "120s";
  std::vector<Probe> probes;
};

struct Firewall {
  std::vector<std::int64_t> tcp;
  std::vector<std::int64_t> udp;
  std::vector<std::int64_t> proxied;
};

struct Mounts {
  std::vector<std::string> required;
  std::vector<std::string> on_demand;
};

struct Prepare {
  std::vector<Directory> directories;
  std::vector<std::string> commands;             // for the shell, as the stack's user, before each start
  std::map<std::string, std::string> variables;  // of the stack's, those that commands use; the layout's
};

struct RegistryLogin {
  std::string registry;  // "ghcr.io"
  std::string username;
  std::string password;  // name of a secret of this stack
  bool operator==(const RegistryLogin&) const = default;
};

struct Units {
  std::vector<std::string> after;
  std::vector<std::string> wants;
  std::vector<std::string> requires_;
};

struct Route {
  std::string domain;
  std::int64_t upstream = 0;                      // port on this host
  std::string tls;                                // "" | "internal"
  std::map<std::string, std::string> basic_auth;  // user -> bcrypt hash
};

struct NetworkConfig {
  std::string subnet;
};

struct IgnoredRule {
  std::string rule;
  std::string service;
  std::string reason;
};

struct Lint {
  std::vector<IgnoredRule> ignore;
};

struct StackConfig {
  std::string description;
  std::optional<Style> style;
  std::string project;
  std::string unit;
  std::string user;
  std::string category;
  bool build = false;  // `build` of the Compose file makes images on the host
  std::vector<std::string> profiles;
  std::map<std::string, std::string> variables;
  std::map<std::string, std::string> assets;  // variable -> file of the stack
  std::vector<std::string> environment_from_host;
  std::map<std::string, SecretSource> secrets;  // "env" is the stack's env file
  Mounts mounts;
  Firewall firewall;
  Prepare prepare;
  Units units;
  std::vector<Route> routes;
  std::map<std::string, NetworkConfig> networks;
  std::vector<std::string> start_after;
  Health health;
  Lint lint;
  std::optional<RegistryLogin> registry_login;
  std::map<std::string, Location> places;  // where each key and item stands: "firewall.tcp.0"
  std::string file;                        // that was read: stack.yaml, or the Compose file with x-hwcsync

  // Where `key` ("firewall.tcp.0"), or what is around it, stands; the file when nothing of it is given.
  [[nodiscard]] Location place(const std::string& key) const;
};

// Reads `directory`/stack.yaml, or x-hwcsync of the Compose document when there is no stack.yaml (both: an
// error). Keys of the design that this version does not act on yet are refused with those words, never
// ignored.
[[nodiscard]] StackConfig read_stack_config(const Tree& tree, const std::string& directory);

// The same for a caller that has read the Compose document already.
[[nodiscard]] StackConfig read_stack_config(const Tree& tree, const std::string& directory,
                                            const Yaml& compose_document);

[[nodiscard]] Json stack_schema();

}  // namespace hwcsync::stack
