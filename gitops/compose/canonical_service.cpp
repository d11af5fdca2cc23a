#include "gitops/compose/build_files.hpp"
#include "gitops/compose/canonical_map.hpp"
#include "gitops/compose/mounts.hpp"
#include "gitops/compose/ports.hpp"
#include "gitops/compose/reading.hpp"

// One service in the long forms that docker-compose v2 takes.
namespace hwcsync::compose {
namespace {

// The long form knows no ranges of target ports, so a range becomes its ports.
void add_ports(Yaml& to, const Port& port) {
  const auto target = port_range(port.target);
  const auto published = port_range(port.published);
  if (!target) return;
  const bool one_of_many = published && published->last - published->first != target->last - target->first;
  for (int i = 0; i <= target->last - target->first; ++i) {
    to.items.push_back(CanonicalMap()
                           .text("host_ip", port.host_ip)
                           .text("mode", std::string("ingress"))
                           .text("protocol", port.protocol)
                           .text("published", !published    ? ""
                                              : one_of_many ? port.published
                                                            : std::to_string(published->first + i))
                           .number("target", std::to_string(target->first + i))
                           .take());
  }
}

const char* type_name(Mount::Type type) {
  switch (type) {
    case Mount::Type::bind:
      return "bind";
    case Mount::Type::volume:
      return "volume";
    case Mount::Type::tmpfs:
      return "tmpfs";
    case Mount::Type::image:
      return "image";
    case Mount::Type::npipe:
      return "npipe";
    case Mount::Type::cluster:
      return "cluster";
  }
  return "volume";
}

// A file or directory of the repository, where it stands at run time.
bool is_tracked(const std::string& source, const Context& context) {
  const auto below = [&](const std::string& directory) {
    return !directory.empty() && source.rfind(directory + '/', 0) == 0;
  };
  return below(context.assets_directory) || below(context.trees_directory);
}

Yaml mount(const Mount& mount, const Context& context) {
  CanonicalMap volume;
  CanonicalMap tmpfs;
  CanonicalMap bind;
  CanonicalMap image;
  std::string propagation;
  std::string selinux;
  // A missing asset must fail; a missing data directory is made, as the short form does.
  const bool asset = is_tracked(mount.source, context);
  bool create = !asset;
  for (const std::string& option : mount.options) {
    if (is_propagation(option)) propagation = option;
    if (option == "z" || option == "Z") selinux = option;
    if (option == "nocreate") create = false;
    if (option == "nocopy") volume.flag("nocopy", true);
    if (option.rfind("mode=", 0) == 0) tmpfs.number("mode", option.substr(5));
    if (option.rfind("size=", 0) == 0) tmpfs.text("size", option.substr(5));
  }
  if (mount.type == Mount::Type::bind) {
    bind.choice("create_host_path", create)
        .text("propagation", propagation)
        .text("recursive", mount.recursive)
        .text("selinux", selinux);
  }
  if (mount.type == Mount::Type::volume) volume.text("subpath", mount.subpath);
  if (mount.type == Mount::Type::image) image.text("subpath", mount.subpath);
  return CanonicalMap()
      .node("bind", std::move(bind))
      .node("image", std::move(image))
      .flag("read_only", mount.read_only)
      .text("source", mount.source)
      .text("target", mount.target)
      .node("tmpfs", std::move(tmpfs))
      .text("type", std::string(type_name(mount.type)))
      .node("volume", std::move(volume))
      .take();
}

Yaml dependencies(const std::map<std::string, Dependency>& items) {
  Yaml out = Yaml::mapping();
  for (const auto& [name, dependency] : items) {
    CanonicalMap one;
    one.text("condition",
             std::string(dependency.condition == Dependency::Condition::healthy ? "service_healthy"
                         : dependency.condition == Dependency::Condition::completed
                             ? "service_completed_successfully"
                             : "service_started"));
    if (!dependency.required) one.choice("required", false);
    out.set(name, one.flag("restart", dependency.restart).take());
  }
  return out;
}

CanonicalMap health_check(const HealthCheck& check, const std::vector<Template>& test) {
  CanonicalMap out;
  if (check.disabled) return std::move(out.flag("disable", true));
  out.text("interval", check.interval)
      .number("retries", check.retries)
      .text("start_interval", check.start_interval)
      .text("start_period", check.start_period)
      .list("test", test)
      .text("timeout", check.timeout);
  return out;
}

Yaml grant(const Grant& grant) {
  return CanonicalMap()
      .text("gid", grant.gid)
      .number("mode", grant.mode)
      .text("source", grant.source)
      .text("target", grant.target)
      .text("uid", grant.uid)
      .take();
}

// A list where no attachment has settings, as most have none.
Yaml networks(const std::vector<NetworkAttachment>& items) {
  Yaml keys = Yaml::sequence();
  Yaml out = Yaml::mapping();
  bool settings = false;
  for (const NetworkAttachment& item : items) {
    Yaml one = CanonicalMap()
                   .list("aliases", item.aliases)
                   .map("driver_opts", item.driver_opts)
                   .number("gw_priority", item.gw_priority == 0 ? "" : std::to_string(item.gw_priority))
                   .text("interface_name", item.interface_name)
                   .text("ipv4_address", item.ipv4_address)
                   .text("ipv6_address", item.ipv6_address)
                   .text("mac_address", item.mac_address)
                   .number("priority", item.priority == 0 ? "" : std::to_string(item.priority))
                   .take();
    settings = settings || !one.entries.empty();
    out.set(item.key, std::move(one));
    keys.items.push_back(Yaml::scalar(item.key));
  }
  return settings ? out : keys;
}

Yaml ulimits(const std::map<std::string, Ulimit>& items) {
  Yaml out = Yaml::mapping();
  for (const auto& [name, limit] : items) {
    out.set(name, CanonicalMap().number("hard", limit.hard).number("soft", limit.soft).take());
  }
  return out;
}

CanonicalMap block_io(const BlockIo& block) {
  const auto rate = [](const BlockIo::Rate& one) {
    return CanonicalMap().text("path", one.path).number("rate", one.rate).take();
  };
  CanonicalMap out;
  out.node("device_read_bps", canonical_list(block.device_read_bps, rate))
      .node("device_read_iops", canonical_list(block.device_read_iops, rate))
      .node("device_write_bps", canonical_list(block.device_write_bps, rate))
      .node("device_write_iops", canonical_list(block.device_write_iops, rate))
      .number("weight", block.weight)
      .node("weight_device", canonical_list(block.weight_device, [](const BlockIo::Weight& one) {
              return CanonicalMap().text("path", one.path).number("weight", one.weight).take();
            }));
  return out;
}

CanonicalMap deploy(const Service& service) {
  CanonicalMap reservations;
  reservations.node("devices", canonical_list(service.device_requests, [](const DeviceRequest& one) {
                      return CanonicalMap()
                          .list("capabilities", one.capabilities)
                          .number("count", one.count)
                          .list("device_ids", one.device_ids)
                          .text("driver", one.driver)
                          .map("options", one.options)
                          .take();
                    }));
  CanonicalMap policy;
  if (service.restart_policy) {
    const RestartPolicy& restart = *service.restart_policy;
    policy
        .text("condition",
              std::string(restart.condition == RestartPolicy::Condition::none         ? "none"
                          : restart.condition == RestartPolicy::Condition::on_failure ? "on-failure"
                                                                                      : "any"))
        .text("delay", restart.delay)
        .number("max_attempts", restart.max_attempts)
        .text("window", restart.window);
  }
  CanonicalMap resources;
  resources.node("reservations", std::move(reservations));
  CanonicalMap out;
  out.node("resources", std::move(resources)).node("restart_policy", std::move(policy));
  return out;
}

Yaml hooks(const std::vector<Hook>& items) {
  return canonical_list(items, [](const Hook& hook) {
    return CanonicalMap()
        .list("command", hook.command)
        .map("environment", hook.environment)
        .text("image", hook.image)
        .flag("privileged", hook.privileged)
        .text("user", hook.user)
        .text("working_dir", hook.working_dir)
        .take();
  });
}

CanonicalMap build(const Build& build) {
  Yaml args = Yaml::mapping();
  for (const auto& [name, value] : build.args) {
    args.set(name, value ? Yaml::scalar(Template::literal(*value).compose_text()) : Yaml());
  }
  CanonicalMap out;
  out.map("additional_contexts", build.additional_contexts)
      .node("args", std::move(args))
      .list("cache_from", build.cache_from)
      .list("cache_to", build.cache_to)
      .text("context", build.context)
      .text("dockerfile", build.dockerfile)
      .text("dockerfile_inline", build.dockerfile_inline)
      .list("entitlements", build.entitlements)
      .list("extra_hosts", build.extra_hosts)
      .text("isolation", build.isolation)
      .map("labels", build.labels)
      .text("network", build.network)
      .flag("no_cache", build.no_cache)
      .list("no_cache_filter", build.no_cache_filter)
      .list("platforms", build.platforms)
      .flag("privileged", build.privileged)
      .text("provenance", build.provenance)
      .flag("pull", build.pull)
      .text("sbom", build.sbom)
      .node("secrets", canonical_list(build.secrets, grant))
      .text("shm_size", build.shm_size)
      .map("ssh", build.ssh)
      .list("tags", build.tags)
      .text("target", build.target)
      .node("ulimits", ulimits(build.ulimits));
  return out;
}

std::vector<std::string> link_texts(const std::vector<Link>& items) {
  std::vector<std::string> out;
  for (const Link& link : items)
    out.push_back(link.alias == link.service ? link.service : link.service + ':' + link.alias);
  return out;
}

std::vector<std::string> volume_sources(const std::vector<VolumesFrom>& items) {
  std::vector<std::string> out;
  for (const VolumesFrom& from : items)
    out.push_back((from.container ? "container:" : "") + from.from + (from.read_only ? ":ro" : ""));
  return out;
}

}  // namespace

Yaml canonical_build(const Build& build) {
  return compose::build(build).take();
}

Yaml canonical_service(const Draft& draft, const Service& service, const Context& context) {
  const Limits& limits = service.limits;
  CanonicalMap out;
  const auto words = [](const std::vector<Template>& items) {
    return canonical_list(items, [](const Template& item) { return Yaml::scalar(item.compose_text()); });
  };
  out.map("annotations", service.annotations).node("blkio_config", block_io(service.block_io));
  if (service.build && service.build->files.empty()) out.node("build", build(*service.build));
  out.list("cap_add", service.cap_add)
      .list("cap_drop", service.cap_drop)
      .text("cgroup", service.cgroup)
      .text("cgroup_parent", service.cgroup_parent);
  if (draft.command) out.set("command", words(*draft.command));
  out.node("configs", canonical_list(service.configs, grant))
      .text("container_name", service.container_name)
      .number("cpu_period", limits.cpu_period)
      .number("cpu_quota", limits.cpu_quota)
      .number("cpu_rt_period", limits.cpu_rt_period)
      .number("cpu_rt_runtime", limits.cpu_rt_runtime)
      .number("cpu_shares", limits.cpu_shares)
      .number("cpus", limits.cpus)
      .text("cpuset", limits.cpuset)
      .node("depends_on", dependencies(service.depends_on))
      .node("deploy", deploy(service))
      .list("device_cgroup_rules", service.device_cgroup_rules)
      .list("devices", service.devices)
      .list("dns", service.dns)
      .list("dns_opt", service.dns_opt)
      .list("dns_search", service.dns_search)
      .text("domainname", service.domainname);
  if (draft.entrypoint) out.set("entrypoint", words(*draft.entrypoint));
  out.map("environment", service.environment)
      .list("expose", service.expose)
      .list("extra_hosts", service.extra_hosts)
      .list("group_add", service.group_add);
  if (service.health_check)
    out.set("healthcheck", health_check(*service.health_check, draft.health_test).take());
  out.text("hostname", service.hostname)
      .text("image", service.image)
      .flag("init", service.init)
      .text("ipc", service.ipc)
      .map("labels", draft.labels)
      .list("links", link_texts(service.links));
  if (service.logging) {
    CanonicalMap logging;
    out.node(
        "logging",
        std::move(logging.text("driver", service.logging->driver).map("options", service.logging->options)));
  }
  out.text("mac_address", service.mac_address)
      .text("mem_limit", limits.memory)
      .text("mem_reservation", limits.memory_reservation)
      .number("mem_swappiness", limits.memory_swappiness)
      .text("memswap_limit", limits.memory_swap)
      .text("network_mode", service.network_mode)
      .node("networks", networks(service.networks))
      .flag("oom_kill_disable", limits.oom_kill_disable)
      .number("oom_score_adj", limits.oom_score_adj)
      .text("pid", service.pid)
      .number("pids_limit", limits.pids)
      .text("platform", service.platform);
  Yaml ports = Yaml::sequence();
  for (const Port& port : service.ports) add_ports(ports, port);
  out.node("ports", std::move(ports))
      .node("post_start", hooks(service.post_start))
      .node("pre_stop", hooks(service.pre_stop))
      .flag("privileged", service.privileged)
      .text("pull_policy", service.pull_policy)
      .flag("read_only", service.read_only)
      .text("restart", service.restart)
      .text("runtime", service.runtime)
      .number("scale", service.scale == 1 ? "" : std::to_string(service.scale))
      .node("secrets", canonical_list(service.secrets, grant))
      .list("security_opt", service.security_opt)
      .text("shm_size", limits.shm_size)
      .flag("stdin_open", service.stdin_open)
      .text("stop_grace_period", service.stop_grace_period)
      .text("stop_signal", service.stop_signal)
      .map("storage_opt", service.storage_opt)
      .map("sysctls", service.sysctls)
      .list("tmpfs", service.tmpfs)
      .flag("tty", service.tty)
      .node("ulimits", ulimits(limits.ulimits))
      .text("user", service.user)
      .text("userns_mode", service.userns_mode)
      .text("uts", service.uts)
      .node("volumes", canonical_list(service.volumes, [&](const Mount& one) { return mount(one, context); }))
      .list("volumes_from", volume_sources(service.volumes_from))
      .text("working_dir", service.working_dir);
  return out.take();
}

}  // namespace hwcsync::compose
