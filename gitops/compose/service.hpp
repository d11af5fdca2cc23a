#pragma once

#include "gitops/compose/build.hpp"
#include "gitops/compose/limits.hpp"
#include "gitops/compose/mount.hpp"
#include "gitops/compose/template.hpp"
#include "src/base/error.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace hwcsync::compose {

struct Port {
  std::string host_ip;    // empty: all addresses; IPv6 without brackets
  std::string published;  // port or range "8000-8010"; empty: chosen at start
  std::string target;     // port or range
  std::string protocol = "tcp";
  bool operator==(const Port&) const = default;
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
  std::string start_interval;
  std::optional<std::int64_t> retries;
  bool operator==(const HealthCheck&) const = default;
};

// How a service stands in one network.
struct NetworkAttachment {
  std::string key;  // of Project::networks
  std::vector<std::string> aliases = {};
  std::string ipv4_address = {};
  std::string ipv6_address = {};
  std::string mac_address = {};
  std::string interface_name = {};
  std::vector<std::string> link_local_ips = {};
  std::map<std::string, std::string> driver_opts = {};
  std::int64_t priority = 0;
  std::int64_t gw_priority = 0;
  bool operator==(const NetworkAttachment&) const = default;
};

struct Logging {
  std::string driver;
  std::map<std::string, Template> options;
  bool operator==(const Logging&) const = default;
};

// deploy.restart_policy; wins over `restart`.
struct RestartPolicy {
  enum class Condition { none, on_failure, any };
  Condition condition = Condition::any;
  std::string delay;   // durations, empty: default
  std::string window;  // how long a start must last to count as a success
  std::optional<std::int64_t> max_attempts;
  bool operator==(const RestartPolicy&) const = default;
};

// One command of pre_start, post_start or pre_stop.
struct Hook {
  std::vector<Template> command;
  std::map<std::string, Template> environment;
  std::string user;
  std::string working_dir;
  std::string image;  // pre_start only; empty: the service's
  bool privileged = false;
  bool per_replica = false;  // pre_start only
  bool operator==(const Hook&) const = default;
};

// links: another service under a name of this one's own.
struct Link {
  std::string service;
  std::string alias;
  bool operator==(const Link&) const = default;
};

// volumes_from
struct VolumesFrom {
  std::string from;        // a service, or the name of a container beyond this project
  bool container = false;  // which of the two
  bool read_only = false;
  bool operator==(const VolumesFrom&) const = default;
};

struct Service {
  std::string name;
  std::string image;
  std::optional<Build> build;
  std::string container_name;  // empty: the provider's default
  std::optional<std::vector<std::string>> command;
  std::optional<std::vector<std::string>> entrypoint;
  std::map<std::string, Template> environment;
  std::map<std::string, std::string> labels;  // with those of label_file
  std::map<std::string, Template> annotations;
  std::string platform;
  std::string pull_policy;  // always, never, missing, build, daily, weekly, every_<duration>; empty: missing
  std::string runtime;      // the OCI runtime: "crun"
  std::int64_t scale = 1;   // with deploy.replicas

  // Network
  std::vector<Port> ports;
  std::vector<std::string> expose;          // "8080", "8000-8010/udp"
  std::vector<NetworkAttachment> networks;  // highest priority first, then by name
  std::string network_mode;
  std::string hostname;
  std::string domainname;
  std::string mac_address;
  std::vector<std::string> extra_hosts;  // "host:address"
  std::vector<std::string> dns;
  std::vector<std::string> dns_opt;
  std::vector<std::string> dns_search;
  std::vector<Link> links;

  // Files and devices
  std::vector<Mount> volumes;
  std::vector<VolumesFrom> volumes_from;
  std::vector<std::string> tmpfs;
  std::vector<Grant> secrets;
  std::vector<Grant> configs;        // source: a key of Project::configs
  std::vector<std::string> devices;  // "host:container:permissions", or a CDI name "vendor/class=device"
  std::vector<DeviceRequest> device_requests;  // `gpus` and deploy.resources.reservations.devices
  std::vector<std::string> device_cgroup_rules;
  std::map<std::string, std::string> storage_opt;

  // Life
  std::map<std::string, Dependency> depends_on;
  std::optional<HealthCheck> health_check;
  std::string restart;
  std::optional<RestartPolicy> restart_policy;
  std::string stop_grace_period;
  std::string stop_signal;
  std::vector<Hook> pre_start;
  std::vector<Hook> post_start;
  std::vector<Hook> pre_stop;
  std::optional<Logging> logging;

  // Process and isolation
  std::string user;
  std::vector<std::string> group_add;
  std::string working_dir;
  std::vector<std::string> cap_add;
  std::vector<std::string> cap_drop;
  std::vector<std::string> security_opt;
  std::map<std::string, std::string> sysctls;
  std::string cgroup;  // host, private
  std::string cgroup_parent;
  std::string ipc;  // as pid: host, service:NAME, container:NAME, and podman's own
  std::string pid;
  std::string uts;
  std::string userns_mode;
  Limits limits;
  BlockIo block_io;
  bool read_only = false;
  bool privileged = false;
  bool init = false;
  bool tty = false;
  bool stdin_open = false;
  bool use_api_socket = false;

  Location where;  // of the service's key in the Compose file
  Location image_where;

  // Tracked files of the stack that this service mounts: paths below the stack's directory.
  std::set<std::string> assets;
  // Tracked directories that it mounts: target -> name among Project::directories.
  std::map<std::string, std::string> directories;
  // Mounts of files or directories of the repository that were not asked for as read-only, which they are:
  // target -> where.
  std::map<std::string, Location> made_read_only;

  // Which other service must share this one's network namespace ("service:NAME"), empty for none.
  [[nodiscard]] std::string namespace_of() const;
  // Services whose network, ipc or pid namespace this one joins.
  [[nodiscard]] std::set<std::string> joined() const;
  // Services that must run before this one though depends_on does not say so: namespaces, links,
  // volumes_from.
  [[nodiscard]] std::set<std::string> implied_dependencies() const;
  [[nodiscard]] bool attached_to(const std::string& network) const;
};

}  // namespace hwcsync::compose
