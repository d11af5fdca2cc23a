#include "gitops/compose/mounts.hpp"
#include "gitops/compose/ports.hpp"
#include "gitops/compose/reading.hpp"

#include <algorithm>

// The long forms that docker-compose v2 takes. Mappings whose order has no meaning are sorted, lists keep
// their order, every `$` of ours is doubled, because the provider interpolates the file once more.
namespace hwcsync::compose {
namespace {

Yaml text(const std::string& plain) {
  return Yaml::scalar(Template::literal(plain).compose_text());
}

Yaml number(std::string digits) {
  Yaml out = Yaml::scalar(std::move(digits));
  out.style = Yaml::Style::plain;
  return out;
}

Yaml yes() {
  return number("true");
}

Yaml list(const std::vector<std::string>& items) {
  Yaml out = Yaml::sequence();
  for (const std::string& item : items) out.items.push_back(text(item));
  return out;
}

Yaml list(const std::vector<Template>& items) {
  Yaml out = Yaml::sequence();
  for (const Template& item : items) out.items.push_back(Yaml::scalar(item.compose_text()));
  return out;
}

Yaml map(const std::map<std::string, Template>& items) {
  Yaml out = Yaml::mapping();
  for (const auto& [key, value] : items) out.set(key, Yaml::scalar(value.compose_text()));
  return out;
}

void set_text(Yaml& to, const char* key, const std::string& value) {
  if (!value.empty()) to.set(key, text(value));
}
void set_list(Yaml& to, const char* key, const std::vector<std::string>& items) {
  if (!items.empty()) to.set(key, list(items));
}

// The long form knows no ranges of target ports, so a range becomes its ports.
void add_ports(Yaml& to, const Port& port) {
  const auto target = port_range(port.target);
  const auto published = port_range(port.published);
  if (!target) return;
  for (int i = 0; i <= target->last - target->first; ++i) {
    Yaml out = Yaml::mapping();
    if (!port.host_ip.empty()) out.set("host_ip", text(port.host_ip));
    out.set("mode", text("ingress"));
    out.set("protocol", text(port.protocol));
    if (published) out.set("published", text(std::to_string(published->first + i)));
    out.set("target", number(std::to_string(target->first + i)));
    to.items.push_back(std::move(out));
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

Yaml mount(const Mount& mount, const Context& context) {
  Yaml out = Yaml::mapping();
  Yaml volume = Yaml::mapping();
  Yaml tmpfs = Yaml::mapping();
  std::string propagation;
  std::string selinux;
  // A missing asset must fail; a missing data directory is made, as the short form does.
  const bool asset =
      !context.assets_directory.empty() && mount.source.rfind(context.assets_directory + '/', 0) == 0;
  bool create = !asset;
  for (const std::string& option : mount.options) {
    if (is_propagation(option)) propagation = option;
    if (option == "z" || option == "Z") selinux = option;
    if (option == "nocreate") create = false;
    if (option == "nocopy") volume.set("nocopy", yes());
    if (option.rfind("size=", 0) == 0) tmpfs.set("size", text(option.substr(5)));
  }
  if (mount.type == Mount::Type::bind) {
    Yaml bind = Yaml::mapping();
    bind.set("create_host_path", number(create ? "true" : "false"));
    set_text(bind, "propagation", propagation);
    set_text(bind, "selinux", selinux);
    out.set("bind", std::move(bind));
  }
  if (mount.read_only) out.set("read_only", yes());
  set_text(out, "source", mount.source);
  out.set("target", text(mount.target));
  if (!tmpfs.entries.empty()) out.set("tmpfs", std::move(tmpfs));
  out.set("type", text(type_name(mount.type)));
  if (!volume.entries.empty()) out.set("volume", std::move(volume));
  return out;
}

Yaml dependencies(const std::map<std::string, Dependency>& items) {
  Yaml out = Yaml::mapping();
  for (const auto& [name, dependency] : items) {
    Yaml one = Yaml::mapping();
    one.set("condition",
            text(dependency.condition == Dependency::Condition::healthy     ? "service_healthy"
                 : dependency.condition == Dependency::Condition::completed ? "service_completed_successfully"
                                                                            : "service_started"));
    if (!dependency.required) one.set("required", number("false"));
    if (dependency.restart) one.set("restart", yes());
    out.set(name, std::move(one));
  }
  return out;
}

Yaml health_check(const HealthCheck& check, const std::vector<Template>& test) {
  Yaml out = Yaml::mapping();
  if (check.disabled) {
    out.set("disable", yes());
    return out;
  }
  set_text(out, "interval", check.interval);
  if (check.retries) out.set("retries", number(std::to_string(*check.retries)));
  set_text(out, "start_period", check.start_period);
  if (!test.empty()) out.set("test", list(test));
  set_text(out, "timeout", check.timeout);
  return out;
}

Yaml grants(const std::vector<Grant>& items) {
  Yaml out = Yaml::sequence();
  for (const Grant& grant : items) {
    Yaml one = Yaml::mapping();
    one.set("source", text(grant.source));
    one.set("target", text(grant.target));
    out.items.push_back(std::move(one));
  }
  return out;
}

Yaml service(const Draft& draft, const Service& service, const Context& context) {
  Yaml out = Yaml::mapping();
  set_list(out, "cap_add", service.cap_add);
  set_list(out, "cap_drop", service.cap_drop);
  if (draft.command) out.set("command", list(*draft.command));
  set_text(out, "container_name", service.container_name);
  if (!service.limits.cpus.empty()) out.set("cpus", number(service.limits.cpus));
  if (!service.depends_on.empty()) out.set("depends_on", dependencies(service.depends_on));
  set_list(out, "devices", service.devices);
  set_list(out, "dns", service.dns);
  if (draft.entrypoint) out.set("entrypoint", list(*draft.entrypoint));
  if (!service.environment.empty()) out.set("environment", map(service.environment));
  set_list(out, "extra_hosts", service.extra_hosts);
  if (service.health_check) out.set("healthcheck", health_check(*service.health_check, draft.health_test));
  set_text(out, "hostname", service.hostname);
  set_text(out, "image", service.image);
  if (service.init) out.set("init", yes());
  if (!draft.labels.empty()) out.set("labels", map(draft.labels));
  set_text(out, "mem_limit", service.limits.memory);
  set_text(out, "network_mode", service.network_mode);
  std::vector<std::string> networks;
  for (const NetworkAttachment& attachment : service.networks) networks.push_back(attachment.key);
  set_list(out, "networks", networks);
  Yaml ports = Yaml::sequence();
  for (const Port& port : service.ports) add_ports(ports, port);
  if (!ports.items.empty()) out.set("ports", std::move(ports));
  if (service.privileged) out.set("privileged", yes());
  if (service.read_only) out.set("read_only", yes());
  set_text(out, "restart", service.restart);
  if (!service.secrets.empty()) out.set("secrets", grants(service.secrets));
  set_list(out, "security_opt", service.security_opt);
  set_text(out, "shm_size", service.limits.shm_size);
  set_text(out, "stop_grace_period", service.stop_grace_period);
  set_list(out, "tmpfs", service.tmpfs);
  if (service.tty) out.set("tty", yes());
  set_text(out, "user", service.user);
  Yaml mounts = Yaml::sequence();
  for (const Mount& item : service.volumes) mounts.items.push_back(mount(item, context));
  if (!mounts.items.empty()) out.set("volumes", std::move(mounts));
  set_text(out, "working_dir", service.working_dir);
  return out;
}

Yaml network(const Network& network) {
  Yaml out = Yaml::mapping();
  set_text(out, "driver", network.driver);
  if (network.external) out.set("external", yes());
  if (network.internal) out.set("internal", yes());
  if (!network.ipam.empty()) {
    Yaml configs = Yaml::sequence();
    for (const AddressRange& range : network.ipam) {
      Yaml config = Yaml::mapping();
      config.set("subnet", text(range.subnet));
      configs.items.push_back(std::move(config));
    }
    Yaml ipam = Yaml::mapping();
    ipam.set("config", std::move(configs));
    out.set("ipam", std::move(ipam));
  }
  out.set("name", text(network.name));
  return out;
}

}  // namespace

Yaml canonical_model(const Project& project, const std::map<std::string, Draft>& drafts,
                     const Context& context) {
  Yaml out = Yaml::mapping();
  out.set("name", text(project.name));
  Yaml networks = Yaml::mapping();
  for (const auto& [key, item] : project.networks) networks.set(key, network(item));
  if (!networks.entries.empty()) out.set("networks", std::move(networks));
  Yaml files = Yaml::mapping();
  for (const std::string& name : project.secrets) {
    Yaml file = Yaml::mapping();
    file.set("file", text(context.secrets_directory + '/' + name));
    files.set(name, std::move(file));
  }
  if (!files.entries.empty()) out.set("secrets", std::move(files));
  Yaml services = Yaml::mapping();
  for (const auto& [name, item] : project.services)
    services.set(name, service(drafts.at(name), item, context));
  out.set("services", std::move(services));
  Yaml volumes = Yaml::mapping();
  for (const auto& [key, volume] : project.volumes) {
    Yaml one = Yaml::mapping();
    if (volume.external) one.set("external", yes());
    one.set("name", text(volume.name));
    volumes.set(key, std::move(one));
  }
  if (!volumes.entries.empty()) out.set("volumes", std::move(volumes));
  return out;
}

}  // namespace hwcsync::compose
