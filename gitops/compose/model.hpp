#pragma once

#include "src/base/yaml.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

// The resolved Compose model: after merge, interpolation and the change to long forms. A value that comes
// from a secret is not filled in: it stays a template of text and variables ("taint").
namespace hwcsync::compose {

// One piece of a tainted value: literal text, or the name of a variable that a secret provides.
struct TextPart {
  std::string text;
  bool operator==(const TextPart&) const = default;
};
struct SecretPart {
  std::string variable;
  // The operator and operand as Compose writes them (":-x", ":?message"), empty for none.
  std::string suffix;
  bool operator==(const SecretPart&) const = default;
};

// Text of which some pieces may come from secrets.
struct Template {
  std::vector<std::variant<TextPart, SecretPart>> parts;

  [[nodiscard]] bool tainted() const;
  // The text; only for values that are not tainted.
  [[nodiscard]] std::string plain() const;
  // As a Compose file says it: literal `$` doubled, secrets as ${NAME}.
  [[nodiscard]] std::string compose_text() const;
  [[nodiscard]] static Template literal(std::string text);
  bool operator==(const Template&) const = default;
};

struct Port {
  std::string host_ip;    // empty: all addresses; IPv6 without brackets
  std::string published;  // port or range "8000-8010"; empty: chosen at start
  std::string target;     // port or range
  std::string protocol = "tcp";
  bool operator==(const Port&) const = default;
};

struct Mount {
  enum class Type { bind, volume, tmpfs };
  Type type = Type::bind;
  std::string source;  // absolute host path, name of a volume, or empty (anonymous volume)
  std::string target;
  bool read_only = false;
  std::vector<std::string> options;  // podman's own ("U", "z", "rslave"), in the order of the file
  bool operator==(const Mount&) const = default;
};

struct Dependency {
  enum class Condition { started, healthy, completed };
  Condition condition = Condition::started;
  bool restart = false;
  bool required = true;
  bool operator==(const Dependency&) const = default;
};

struct HealthCheck {
  bool disabled = false;
  std::vector<std::string> test;  // first word CMD or CMD-SHELL; empty: the image's own
  std::string interval;           // durations as Compose writes them ("1m30s"), empty: default
  std::string timeout;
  std::string start_period;
  std::optional<std::int64_t> retries;
  bool operator==(const HealthCheck&) const = default;
};

// A grant of a top-level secret to a service.
struct SecretGrant {
  std::string source;
  std::string target;  // absolute path in the container
  bool operator==(const SecretGrant&) const = default;
};

struct Service {
  std::string name;
  std::string image;
  std::string container_name;  // empty: the provider's default
  std::optional<std::vector<std::string>> command;
  std::optional<std::vector<std::string>> entrypoint;
  std::map<std::string, Template> environment;
  std::map<std::string, std::string> labels;
  std::vector<Port> ports;
  std::vector<Mount> volumes;
  std::vector<std::string> networks;  // keys of Project::networks, in order
  std::string network_mode;
  std::map<std::string, Dependency> depends_on;
  std::optional<HealthCheck> health_check;
  std::vector<SecretGrant> secrets;
  std::string restart;
  std::string user;
  std::string working_dir;
  std::string hostname;
  std::vector<std::string> cap_add;
  std::vector<std::string> cap_drop;
  std::vector<std::string> devices;
  std::vector<std::string> tmpfs;
  std::vector<std::string> security_opt;
  std::vector<std::string> extra_hosts;
  std::vector<std::string> dns;
  std::string shm_size;
  std::string stop_grace_period;
  std::string memory_limit;  // mem_limit
  std::string cpus;
  bool read_only = false;
  bool privileged = false;
  bool init = false;
  bool tty = false;
  Location where;  // of the service's key in the Compose file
  Location image_where;

  // Tracked files of the stack that this service mounts: paths below the stack's directory.
  std::set<std::string> assets;

  // Which other services must share this one's network namespace ("service:NAME"), empty for none.
  [[nodiscard]] std::string namespace_of() const;
};

// Something that only one of the two styles cannot carry; the layout, which knows the style, turns it into an
// error.
struct Limit {
  enum class Of { provider, containers };  // style compose; style oci
  Of of = Of::containers;
  Problem problem;
  bool operator==(const Limit&) const = default;
};

struct Network {
  std::string key;
  std::string name;  // as podman knows it
  bool external = false;
  std::string driver;
  std::string subnet;
  bool internal = false;
  bool operator==(const Network&) const = default;
};

struct Volume {
  std::string key;
  std::string name;
  bool external = false;
  bool operator==(const Volume&) const = default;
};

struct Project {
  std::string name;
  std::map<std::string, Service> services;  // the enabled ones
  std::map<std::string, Network> networks;
  std::map<std::string, Volume> volumes;
  // Top-level secrets that are `external: true` or `file:` and are granted to some service: the names.
  std::set<std::string> secrets;
  // The variables that secrets must provide, wherever they are used.
  std::set<std::string> secret_variables;
  // Variables that are neither set nor have a default: name and where, for a warning.
  std::map<std::string, Location> unset_variables;
  // Tracked files that services mount: path below the stack's directory -> content.
  std::map<std::string, std::string> assets;
  std::vector<Limit> limits;
  // Services that no active profile enables.
  std::set<std::string> disabled;
  // What was left out or understood in a particular way, for `explain`.
  std::vector<Problem> notes;
  // The whole model in canonical long form, secrets as ${NAME}: what style `compose` hands to the provider.
  Yaml canonical;
};

}  // namespace hwcsync::compose
