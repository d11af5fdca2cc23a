#include "gitops/compose/verdict_rows.hpp"

#include <array>

namespace hwcsync::compose {
namespace {

constexpr StyleVerdict kSwarm = ignored("it has a meaning in a swarm only");
constexpr StyleVerdict kRollout = ignored("hwcsync has its own rollout: plan, health gate, rollback");
constexpr StyleVerdict kAttested = ignored("podman makes no attestations");
constexpr StyleVerdict kCache = ignored("it only makes a build faster; podman has its own cache");
constexpr StyleVerdict kBuildSecret =
    refused("an image that needs a secret to be built belongs into a pipeline: build it elsewhere");
constexpr StyleVerdict kOfTheFile = approximated(
    "of a config that is text; a mounted file, and so every secret, keeps the owner and mode that "
    "it has there");

constexpr std::array kRows{
    both("build", "additional_contexts",
         refused("podman's API takes one context: copy what is needed below it")),
    both("build", "args"),
    both("build", "cache_from", kCache),
    both("build", "cache_to", kCache),
    both("build", "context", approximated("the stack's directory or one below it")),
    both("build", "dockerfile"),
    both("build", "dockerfile_inline"),
    both("build", "entitlements", refused("podman grants a build no more than others")),
    both("build", "extra_hosts"),
    both("build", "isolation", ignored("it is for Windows containers")),
    both("build", "labels"),
    both("build", "network"),
    both("build", "no_cache"),
    both("build", "no_cache_filter", ignored("an image is built once for each content")),
    both("build", "platforms", approximated("one; an image for several belongs into a pipeline")),
    both("build", "privileged", refused("podman builds without privileges")),
    both("build", "provenance", kAttested),
    both("build", "pull"),
    both("build", "sbom", kAttested),
    both("build", "secrets", kBuildSecret),
    both("build", "shm_size"),
    both("build", "ssh", kBuildSecret),
    both("build", "tags", ignored("an image that is built here is named after its content")),
    both("build", "target"),
    both("build", "ulimits"),

    both("blkio_config", "device_read_bps"),
    both("blkio_config", "device_read_iops"),
    both("blkio_config", "device_write_bps"),
    both("blkio_config", "device_write_iops"),
    both("blkio_config", "weight"),
    both("blkio_config", "weight_device"),
    both("blkio_config's weight", "path"),
    both("blkio_config's weight", "weight"),
    both("blkio_config's rate", "path"),
    both("blkio_config's rate", "rate"),

    KeyRow{"dependency", "condition", mapped(),
           mapped("service_completed_successfully waits for a unit that ends")},
    KeyRow{"dependency", "restart", mapped(), mapped("as BindsTo= and PartOf= of the unit")},
    KeyRow{"dependency", "required", mapped(), mapped("as Wants= of the unit")},

    both("deploy", "endpoint_mode", kSwarm),
    both("deploy", "labels", ignored("they are for a swarm's service, not its containers; use 'labels'")),
    both("deploy", "mode", approximated("only the modes of one host: replicated; others are refused")),
    both("deploy", "placement", kSwarm),
    KeyRow{"deploy", "replicas", mapped("as 'scale'"),
           approximated("one container a service; more is refused")},
    both("deploy", "resources", mapped("its keys have verdicts of their own")),
    KeyRow{"deploy", "restart_policy", mapped("wins over 'restart'"), mapped("wins over 'restart'")},
    both("deploy", "rollback_config", kRollout),
    both("deploy", "update_config", kRollout),
    both("deploy's resources", "limits"),
    both("deploy's resources", "reservations"),
    both("deploy's limits", "cpus", mapped("as 'cpus'")),
    both("deploy's limits", "memory", mapped("as 'mem_limit'")),
    both("deploy's limits", "pids", mapped("as 'pids_limit'")),
    both("deploy's reservations", "cpus", kSwarm),
    both("deploy's reservations", "devices", mapped("as 'gpus'")),
    both("deploy's reservations", "generic_resources", kSwarm),
    both("deploy's reservations", "memory", mapped("as 'mem_reservation'")),
    both("deploy's restart policy", "condition"),
    KeyRow{"deploy's restart policy", "delay", approximated("docker-compose leaves the delay to podman"),
           mapped("as RestartSec= of the unit")},
    KeyRow{"deploy's restart policy", "max_attempts", mapped(), mapped("as StartLimitBurst= of the unit")},
    KeyRow{"deploy's restart policy", "window", approximated("docker-compose leaves the window to podman"),
           mapped("as StartLimitIntervalSec= of the unit")},

    both("device request", "capabilities"),
    both("device request", "count"),
    both("device request", "device_ids"),
    both("device request", "driver"),
    both("device request", "options", approximated("podman takes no options of a device")),
    both("device", "permissions"),
    both("device", "source"),
    both("device", "target"),

    both("env_file", "format"),
    both("env_file", "path"),
    both("env_file", "required"),

    both("health check", "disable"),
    both("health check", "interval"),
    both("health check", "retries"),
    KeyRow{"health check", "start_interval", mapped(), mapped("as a startup check with the same command")},
    both("health check", "start_period"),
    both("health check", "test"),
    both("health check", "timeout"),

    both("hook", "command"),
    both("hook", "environment"),
    both("hook", "image"),
    both("hook", "per_replica", ignored("there is one container a service")),
    both("hook", "privileged"),
    both("hook", "user"),
    both("hook", "working_dir"),

    both("logging", "driver"),
    both("logging", "options"),

    both("service's network", "aliases"),
    both("service's network", "driver_opts"),
    KeyRow{"service's network", "gw_priority", mapped("by docker-compose, from 2.33 on"),
           approximated("the network of the highest priority comes first and carries the default route")},
    both("service's network", "interface_name"),
    both("service's network", "ipv4_address"),
    both("service's network", "ipv6_address"),
    both("service's network", "link_local_ips", ignored("podman has no link-local addresses")),
    both("service's network", "mac_address"),
    both("service's network", "priority", mapped("the order in which networks are joined")),

    both("port", "app_protocol", kSwarm),
    both("port", "host_ip"),
    both("port", "mode", kSwarm),
    both("port", "name", ignored("a name for people")),
    both("port", "protocol"),
    both("port", "published"),
    both("port", "target"),

    both("grant", "gid", kOfTheFile),
    both("grant", "mode", kOfTheFile),
    both("grant", "source"),
    both("grant", "target"),
    both("grant", "uid", kOfTheFile),
    both("ulimit", "hard"),
    both("ulimit", "soft"),

    both("mount", "bind"),
    both("mount", "consistency", ignored("it has no meaning on Linux")),
    both("mount", "image"),
    both("mount", "read_only"),
    both("mount", "source"),
    both("mount", "target"),
    both("mount", "tmpfs"),
    both("mount", "type"),
    both("mount", "volume"),
    both("mount's bind", "create_host_path"),
    both("mount's bind", "propagation"),
    both("mount's bind", "recursive"),
    both("mount's bind", "selinux"),
    both("mount's volume", "labels", ignored("podman puts no labels on a volume that a mount makes")),
    both("mount's volume", "nocopy"),
    both("mount's volume", "subpath"),
    both("mount's tmpfs", "mode"),
    both("mount's tmpfs", "size"),
    both("mount's image", "subpath"),
};

}  // namespace

std::span<const KeyRow> nested_keys() {
  return kRows;
}

}  // namespace hwcsync::compose
