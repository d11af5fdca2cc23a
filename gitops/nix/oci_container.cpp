#include "gitops/nix/oci_container.hpp"

#include "gitops/nix/encoders.hpp"
#include "gitops/nix/podman_options.hpp"
#include "src/base/error.hpp"

#include <algorithm>
#include <set>

namespace hwcsync::nix {
namespace {

// The unit logs in before it runs the container; the password comes from the view.
Value::Set login_of(const layout::Stack& stack) {
  SetBuilder out;
  if (!stack.config.registry_login) return out.take();
  const auto& login = *stack.config.registry_login;
  out.put("registry", login.registry)
      .put("username", login.username)
      .put("passwordFile", view_directory(stack) + "/" + stack.name + "/" + login.password);
  return out.take();
}

}  // namespace

std::string network_unit(const std::string& network) {
  return "podman-network-" + network;
}

std::vector<const compose::Network*> own_networks(const layout::Stack& stack) {
  std::set<std::string> used;
  for (const auto& [name, service] : stack.project.services) {
    if (!service.network_mode.empty()) continue;
    for (const auto& attachment : service.networks) used.insert(attachment.key);
  }
  std::vector<const compose::Network*> out;
  for (const auto& [key, network] : stack.project.networks) {
    if (!network.external && used.count(key) != 0) out.push_back(&network);
  }
  return out;
}

const compose::Service& OciContainer::other(const std::string& name) const {
  const auto found = stack_.project.services.find(name);
  if (found == stack_.project.services.end()) {
    refuse(service_.where,
           "service '" + service_.name + "' needs '" + name + "', which is no enabled service of the stack");
  }
  return found->second;
}

std::string OciContainer::unit_of(const std::string& service) const {
  return "podman-" + stack_.container(other(service)) + ".service";
}

bool OciContainer::has_secret_environment() const {
  return std::any_of(service_.environment.begin(), service_.environment.end(),
                     [](const auto& entry) { return entry.second.tainted(); });
}

bool OciContainer::uses_secrets() const {
  return has_secret_environment() || !service_.secrets.empty();
}

bool OciContainer::is_awaited_healthy() const {
  for (const auto& [name, service] : stack_.project.services) {
    const auto found = service.depends_on.find(service_.name);
    if (found != service.depends_on.end() &&
        found->second.condition == compose::Dependency::Condition::healthy)
      return true;
  }
  return false;
}

std::vector<std::string> OciContainer::coupled() const {
  std::vector<std::string> out;
  if (const auto holder = service_.namespace_of(); !holder.empty()) out.push_back(holder);
  for (const auto& [name, dependency] : service_.depends_on) {
    if (dependency.restart && std::find(out.begin(), out.end(), name) == out.end()) out.push_back(name);
  }
  return out;
}

Value::List OciContainer::ports() const {
  Value::List out;
  for (std::size_t i = 0; i < service_.ports.size(); ++i) {
    const auto& port = service_.ports[i];
    if (port_ != nullptr && port_->service == service_.name && port_->index == i) {
      out.items.push_back(
          Value::String{{podman_port_prefix(port), Value::Hole{"toString cfg.port", port.published},
                         podman_port_suffix(port)}});
    } else {
      out.items.push_back(podman_port(port));
    }
  }
  return out;
}

std::vector<std::string> OciContainer::volumes() const {
  std::vector<std::string> out;
  for (const auto& mount : service_.volumes) {
    if (mount.type == compose::Mount::Type::tmpfs) continue;
    std::string source = mount.source;
    if (mount.type == compose::Mount::Type::volume) {
      const auto named = stack_.project.volumes.find(source);
      if (named != stack_.project.volumes.end()) source = named->second.name;
    }
    out.push_back(podman_volume(source, mount));
  }
  for (const auto& grant : service_.secrets) {
    const std::string source = view_directory(stack_) + "/" + stack_.name + "/" + grant.source;
    // Already mounted when the reader turned the grant into a bind mount.
    const std::string line = source + ":" + grant.target + ":ro";
    if (std::find(out.begin(), out.end(), line) == out.end()) out.push_back(line);
  }
  return out;
}

std::vector<std::string> OciContainer::extra_options() const {
  std::vector<std::string> out;
  if (const auto holder = service_.namespace_of(); !holder.empty()) {
    out.push_back("--network=container:" + stack_.container(other(holder)));
  } else if (!service_.network_mode.empty()) {
    out.push_back("--network=" + service_.network_mode);
  } else {
    for (const auto& attachment : service_.networks) {
      const auto network = stack_.project.networks.find(attachment.key);
      const std::string name =
          network == stack_.project.networks.end() ? attachment.key : network->second.name;
      // The name by which the stack's other services look this one up.
      out.push_back("--network=" + name + ":alias=" + service_.name);
    }
  }
  for (auto& option : podman_options(service_)) out.push_back(std::move(option));
  return out;
}

Value::Set OciContainer::container() const {
  SetBuilder environment;
  for (const auto& [name, text] : service_.environment) {
    if (!text.tainted()) environment.user(name, text.plain());
  }
  SetBuilder labels;
  for (const auto& [name, text] : service_.labels) labels.user(name, text);
  SetBuilder capabilities;
  for (const auto& name : service_.cap_add) capabilities.user(name, true);
  for (const auto& name : service_.cap_drop) capabilities.user(name, false);
  std::vector<std::string> depends;
  for (const auto& [name, dependency] : service_.depends_on) {
    if (dependency.required) depends.push_back(stack_.container(other(name)));
  }
  if (const auto holder = service_.namespace_of(); !holder.empty()) {
    const std::string name = stack_.container(other(holder));
    if (std::find(depends.begin(), depends.end(), name) == depends.end()) depends.push_back(name);
  }
  std::vector<std::string> env_files;
  if (has_secret_environment()) {
    env_files.push_back(view_directory(stack_) + "/podman-" + stack_.container(service_) + ".env");
  }

  SetBuilder out;
  out.put("image", service_.image).put("pull", "missing");
  if (service_.entrypoint && service_.entrypoint->size() == 1)
    out.put("entrypoint", service_.entrypoint->front());
  if (service_.command) out.put_if("cmd", strings(*service_.command));
  out.put_if("environment", environment.take())
      .put_if("environmentFiles", strings(env_files))
      .put_if("login", login_of(stack_))
      .put_if("ports", ports())
      .put_if("volumes", strings(volumes()))
      .put_if("labels", labels.take())
      .put_if("user", service_.user)
      .put_if("workdir", service_.working_dir)
      .put_if("hostname", service_.hostname)
      .put_if("dependsOn", strings(depends))
      .put_if("capabilities", capabilities.take())
      .put_if("devices", strings(service_.devices));
  if (service_.privileged) out.put("privileged", true);
  if (is_awaited_healthy()) out.put("podman.sdnotify", "healthy");
  out.put_if("extraOptions", strings(extra_options()));
  return out.take();
}

Value::Set OciContainer::unit() const {
  std::vector<std::string> wants = configured_wants(stack_);
  std::vector<std::string> after = configured_after(desired_, stack_);
  if (uses_secrets()) {
    wants.push_back(view_unit(stack_));
    after.push_back(view_unit(stack_));
  }
  for (const auto& [name, dependency] : service_.depends_on) {
    if (dependency.required) continue;
    wants.push_back(unit_of(name));
    after.push_back(unit_of(name));
  }
  std::vector<std::string> needed = configured_requires(stack_);
  // A network that another stack of the host makes.
  for (const auto& attachment : service_.networks) {
    const auto network = stack_.project.networks.find(attachment.key);
    if (network == stack_.project.networks.end() || !network->second.external ||
        !service_.network_mode.empty())
      continue;
    for (const auto& [stack_name, stack] : desired_.stacks) {
      if (stack.style != stack::Style::oci) continue;
      for (const auto* made : own_networks(stack)) {
        if (made->name != network->second.name) continue;
        needed.push_back(network_unit(made->name) + ".service");
        after.push_back(network_unit(made->name) + ".service");
      }
    }
  }
  std::vector<std::string> bound;
  for (const auto& name : coupled()) {
    bound.push_back(unit_of(name));
    after.push_back(unit_of(name));
  }
  SetBuilder service;
  // The module waits for ever for a container that never becomes ready, and a switch with it.
  service.put("TimeoutStartSec",
              force(std::max<std::int64_t>(
                  120, seconds(stack_.config.health.timeout, stack_.name + ": health.timeout"))));
  if (!service_.stop_grace_period.empty()) {
    service.put("TimeoutStopSec",
                force(seconds(service_.stop_grace_period, service_.name + ": stop_grace_period") + 30));
  }
  if (service_.restart == "no") service.put("Restart", force("no"));
  if (service_.restart.substr(0, 10) == "on-failure") service.put("Restart", force("on-failure"));

  SetBuilder out;
  out.put_if("wants", strings(wants))
      .put_if("requires", strings(needed))
      .put_if("after", strings(after))
      .put_if("bindsTo", strings(bound))
      .put_if("partOf", strings(bound))
      // BindsTo= stops this unit with the other; nothing else would bring it back.
      .put_if("upheldBy", strings(bound))
      .put_if("unitConfig.RequiresMountsFor", strings(required_mounts(stack_)))
      .put("serviceConfig", service.take());
  return out.take();
}

}  // namespace hwcsync::nix
