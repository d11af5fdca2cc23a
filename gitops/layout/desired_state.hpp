#pragma once

#include "gitops/compose/model.hpp"
#include "gitops/stack/repository_config.hpp"
#include "gitops/stack/stack_config.hpp"
#include "secrets/manifest/manifest.hpp"

#include <map>
#include <string>
#include <vector>

// What a revision asks of one host: fully resolved, no I/O left to do.
namespace hwcsync::layout {

// A tracked file of a stack that a container mounts.
struct Asset {
  std::string name;      // path below the stack's directory, "Caddyfile"
  std::string variable;  // that stands for its place in the Compose file, "CADDY_FILE"
  std::string blob;      // Git blob id
  std::string content;
};

// One file that the secret service shows. Formats and names: DESIGN 8.
struct Secret {
  std::string name;    // "env" or the name in stack.yaml
  std::string source;  // path in the repository
  std::string blob;    // Git blob id of the ciphertext
  std::string format;  // as the manifest names it: "sops-yaml", "age", ...; empty for a template
  std::string key;
  std::string mode = "0400";
  std::vector<std::string> services;  // that use it
  std::vector<std::string>
      variables;  // names in a sops dotenv file, paths in another; empty when not visible without a key
  std::vector<secrets::TemplatePart> parts;  // of a template, whose `source` and `blob` are its text's

  [[nodiscard]] bool is_template() const noexcept { return format.empty(); }
};

// Subordinate ids of each user.
inline constexpr std::int64_t kSubIds = 65536;

struct Stack {
  std::string name;          // as the host lists it
  std::string directory;     // "stacks/immich"
  std::string compose_file;  // "stacks/immich/compose.yaml"
  stack::StackConfig config;
  stack::Style style = stack::Style::compose;
  std::string user;           // "homelab"; "root" for style oci unless stack.yaml names another
  stack::User account;        // uid 0 for root
  bool is_dedicated = false;  // the user is no other stack's
  std::string unit;           // style compose: unit name without ".service"
  compose::Project project;
  std::vector<Asset> assets;
  std::vector<Secret> secrets;
  // podman runs without root's rights: its ids are mapped, its networks are not the host's.
  [[nodiscard]] bool is_rootless() const noexcept { return account.uid != 0; }
  // The host's name for an id in a container: rootless podman maps 0 to the user (`own`: its uid or gid) and
  // n to sub-id n - 1. Ids above kSubIds are outside of what a user has.
  [[nodiscard]] std::int64_t host_id(std::int64_t id, std::int64_t own) const noexcept;
  // Where the secrets of the stack's user are seen: "/run/user/1000/secrets", for root "/run/hwcsync/view/0".
  [[nodiscard]] std::string view() const;
  // All the paths of that view.
  [[nodiscard]] std::vector<std::string> views() const;
  // The path at which processes find a secret: "/run/user/1000/secrets/immich/db-password".
  [[nodiscard]] std::string secret_path(const std::string& file) const;
  // Name of the env file in the view for a unit: "<unit>.env".
  [[nodiscard]] std::string env_file(const std::string& unit_name) const;
  // Those of all its units, as paths.
  [[nodiscard]] std::vector<std::string> env_paths() const;
  // The unit of style oci that runs prepare.commands, "<name>-prepare"; empty when there are none.
  [[nodiscard]] std::string prepare_unit() const;
  // Whether prepare.commands read this file of the view: they name it, or a directory of the view that it is
  // in.
  [[nodiscard]] bool commands_read(const std::string& file) const;
  // Whether what is mounted from `source` shows this file of the view: the file, or a directory of the view.
  [[nodiscard]] bool shows(const std::string& source, const std::string& file) const;
  // Units of this stack without ".service": one for style compose, one a container for style oci, and the
  // one that runs its commands.
  [[nodiscard]] std::vector<std::string> units() const;
  // Name of the container of a service: container_name, or "<project>-<service>" (oci),
  // "<project>-<service>-1".
  [[nodiscard]] std::string container(const compose::Service& service) const;
};

struct DesiredState {
  std::string host;
  stack::RepositoryConfig repository;
  stack::Host config;
  std::map<std::string, Stack> stacks;

  // The manifest for the secret service: canonical JSON (secrets/manifest). Same input, same bytes.
  [[nodiscard]] std::string manifest_json() const;
};

// How much was read, so that tests and metrics can say "nothing was parsed".
struct LoadCounters {
  std::size_t repository_files = 0;  // hwcsync.yaml
  std::size_t stacks = 0;            // stacks whose Compose file was parsed
};

// What a style cannot carry is an error, or stays in the project's limits for somebody who only looks.
// `deployed`: it ran, whatever a newer program would say of it; only what cannot be read is an error.
enum class Limits { enforced, kept, deployed };

// Layout `native`. Reads one stack, or all stacks that the host lists; throws ConfigError with every problem.
[[nodiscard]] Stack load_stack(const Tree& tree, const stack::RepositoryConfig& repository,
                               const stack::Host& host, const std::string& name, LoadCounters& counters,
                               Limits limits = Limits::enforced);
[[nodiscard]] DesiredState load_desired_state(const Tree& tree, const std::string& host,
                                              LoadCounters& counters);

}  // namespace hwcsync::layout
