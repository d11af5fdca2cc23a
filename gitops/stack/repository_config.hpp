#pragma once

#include "src/base/schema.hpp"
#include "src/base/tree.hpp"

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

// hwcsync.yaml at the repository's root (DESIGN 3.1).
namespace hwcsync::stack {

enum class Style { compose, oci };
enum class Severity { error, warn, off };

// What stands for a user of the stack's own, in `user`: the user "stack-<stack>".
inline constexpr const char* kDedicated = "dedicated";

struct Defaults {
  Style style = Style::compose;
  std::string user = "homelab";
  std::string timezone;
};

// Where podman of one user keeps images, containers and volumes.
struct Storage {
  std::string path;  // graphroot
  std::string driver = "overlay";
  auto operator<=>(const Storage&) const = default;
};

struct User {
  std::int64_t uid = 0;
  std::int64_t gid = 100;               // primary group; NixOS gives normal users "users" = 100
  std::int64_t sub_ids = 100000;        // start of 65,536 subordinate uids and gids
  std::string home;                     // empty: /home/<name>, as NixOS has it
  std::optional<Storage> storage = {};  // none: podman's own place, below the home
};

struct Host {
  std::string name;   // its key in `hosts`
  std::string flake;  // attribute of the repository's flake, "#server"; exclusive with file
  std::string file;   // path of configuration.nix
  std::vector<std::string> stacks;
  std::map<std::string, std::string> variables;
  std::string hostname;  // what the machine calls itself; empty: the name in `hosts`
  std::map<std::string, User> users;
  bool podman = false;
  bool firewall = false;
  std::string nixpkgs;  // oldest NixOS release that the modules must suit, "24.05"; empty: the newest known
  std::vector<std::string> recipients;
  std::map<std::string, Location> stack_places;  // where each stack stands in the list
};

struct RepositoryConfig {
  std::int64_t version = 1;
  std::string stacks = "stacks";
  std::string generated = "generated/hwcsync";
  Defaults defaults;
  std::map<std::string, std::string> variables;
  std::string secrets = "secrets";
  std::map<std::string, std::string> policy;
  std::vector<std::string> documents;  // globs of class `doc` beside the built-in ones
  std::map<std::string, Host> hosts;
  std::map<std::string, Location> policy_places;  // where each rule stands
  std::map<std::string, Location> places;         // and each key and item: "hosts.server.variables.DATA_ROOT"

  // The place of a key, or of the nearest part of the file above it.
  [[nodiscard]] Location place(const std::string& key) const;
};

inline constexpr const char* kRepositoryFile = "hwcsync.yaml";

// Whether values are judged. What was deployed was right to the program of its day, and is compared by what
// it says.
enum class Rules { enforced, passed_over };

// Throws ConfigError (every problem, with line and column); a tree without the file is a ConfigError too.
[[nodiscard]] RepositoryConfig read_repository_config(const Tree& tree, Rules rules = Rules::enforced);

// The host of this name; UsageError with the nearest name otherwise.
[[nodiscard]] const Host& find_host(const RepositoryConfig& config, const std::string& name);

// The JSON Schema of the file, from the table that reads it.
[[nodiscard]] Json repository_schema();

}  // namespace hwcsync::stack
