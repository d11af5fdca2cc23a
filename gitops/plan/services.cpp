#include "gitops/plan/services.hpp"

#include "gitops/plan/dependencies.hpp"
#include "gitops/plan/resources.hpp"
#include "src/base/text.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace hwcsync::plan {
namespace {

using compose::Service;
using Reasons = std::vector<std::string>;

std::string text(const compose::Port& port) {
  std::string out = port.host_ip.empty() ? "" : port.host_ip + ':';
  if (!port.published.empty()) out += port.published + ':';
  return out + port.target + (port.protocol == "tcp" ? "" : '/' + port.protocol);
}

std::string text(const compose::Mount& mount) {
  static constexpr std::array kTypes{"", "", "tmpfs", "image", "npipe", "cluster"};
  std::vector<std::string> options = mount.options;
  if (mount.read_only) options.insert(options.begin(), "ro");
  if (!mount.subpath.empty()) options.push_back("subpath=" + mount.subpath);
  if (!mount.recursive.empty()) options.push_back("recursive=" + mount.recursive);
  for (const auto& [key, value] : mount.labels) options.push_back("label=" + key);
  const std::string type = kTypes.at(static_cast<std::size_t>(mount.type));
  return (type.empty() ? "" : type + ' ') + (mount.source.empty() ? "" : mount.source + ':') + mount.target +
         (options.empty() ? "" : ':' + join(options, ","));
}

std::string text(const compose::Grant& grant) {
  std::string out = grant.source + ':' + grant.target;
  if (!grant.uid.empty() || !grant.gid.empty()) out += ' ' + grant.uid + ':' + grant.gid;
  return grant.mode.empty() ? out : out + ' ' + grant.mode;
}

std::string text(const std::string& value) {
  return value;
}

void compare_text(Reasons& out, const std::string& what, const std::string& before,
                  const std::string& after) {
  if (before == after) return;
  if (before.empty()) {
    out.push_back(what + " + " + after);
  } else if (after.empty()) {
    out.push_back(what + " - " + before);
  } else {
    out.push_back(what + ' ' + before + " -> " + after);
  }
}

// "image a:1 -> 2" when only the tag differs, so that the eye finds the change.
void compare_image(Reasons& out, const std::string& before, const std::string& after) {
  const auto colon = before.rfind(':');
  const bool same_name = colon != std::string::npos && after.compare(0, colon + 1, before, 0, colon + 1) == 0;
  if (before != after && same_name) {
    out.push_back("image " + before.substr(0, colon) + ' ' + before.substr(colon + 1) + " -> " +
                  after.substr(colon + 1));
  } else {
    compare_text(out, "image", before, after);
  }
}

template <class Key, class Value>
void compare_map(Reasons& out, const std::string& what, const std::map<Key, Value>& before,
                 const std::map<Key, Value>& after) {
  for (const auto& [key, value] : after) {
    const auto old = before.find(key);
    if (old == before.end()) {
      out.push_back(what + " + " + key);
    } else if (!(old->second == value)) {
      out.push_back(what + " ~ " + key);
    }
  }
  for (const auto& [key, value] : before) {
    if (after.find(key) == after.end()) out.push_back(what + " - " + key);
  }
}

template <class T>
void compare_list(Reasons& out, const std::string& what, const std::vector<T>& before,
                  const std::vector<T>& after) {
  if (before == after) return;
  const std::size_t known = out.size();
  for (const T& item : after) {
    if (std::find(before.begin(), before.end(), item) == before.end())
      out.push_back(what + " + " + text(item));
  }
  for (const T& item : before) {
    if (std::find(after.begin(), after.end(), item) == after.end()) out.push_back(what + " - " + text(item));
  }
  if (out.size() == known) out.push_back(what + " in another order");
}

// The words are not told: a password may be among them.
void compare_command(Reasons& out, const std::string& what,
                     const std::optional<std::vector<std::string>>& before,
                     const std::optional<std::vector<std::string>>& after) {
  if (before != after) out.push_back(what + " changed");
}

void compare_flag(Reasons& out, const std::string& what, bool before, bool after) {
  if (before != after) out.push_back(what + (after ? " on" : " off"));
}

void compare_health(Reasons& out, const Service& before, const Service& after) {
  if (before.health_check.has_value() != after.health_check.has_value()) {
    out.push_back(after.health_check ? "health check set" : "health check removed");
    return;
  }
  if (!before.health_check) return;
  const compose::HealthCheck& was = *before.health_check;
  const compose::HealthCheck& now = *after.health_check;
  std::vector<std::string> keys;
  const auto compare = [&keys](const char* key, const auto& a, const auto& b) {
    if (a != b) keys.emplace_back(key);
  };
  compare("disable", was.disabled, now.disabled);
  compare("test", was.test, now.test);
  compare("interval", was.interval, now.interval);
  compare("timeout", was.timeout, now.timeout);
  compare("start_period", was.start_period, now.start_period);
  compare("start_interval", was.start_interval, now.start_interval);
  compare("retries", was.retries, now.retries);
  if (!keys.empty()) out.push_back("health check: " + join(keys, ", "));
}

std::map<std::string, compose::NetworkAttachment> by_key(
    const std::vector<compose::NetworkAttachment>& attachments) {
  std::map<std::string, compose::NetworkAttachment> out;
  for (const compose::NetworkAttachment& one : attachments) out.emplace(one.key, one);
  return out;
}

// Keys that `differences` says in words of their own, and those that recreate nothing.
bool is_said_elsewhere(const std::string& key) {
  static const std::set<std::string> keys{"build",
                                          "cap_add",
                                          "cap_drop",
                                          "command",
                                          "container_name",
                                          "cpus",
                                          "depends_on",
                                          "devices",
                                          "dns",
                                          "entrypoint",
                                          "environment",
                                          "extra_hosts",
                                          "healthcheck",
                                          "hostname",
                                          "image",
                                          "init",
                                          "labels",
                                          "mem_limit",
                                          "networks",
                                          "network_mode",
                                          "ports",
                                          "privileged",
                                          "pull_policy",
                                          "read_only",
                                          "restart",
                                          "secrets",
                                          "security_opt",
                                          "shm_size",
                                          "stop_grace_period",
                                          "tmpfs",
                                          "tty",
                                          "user",
                                          "volumes",
                                          "working_dir"};
  return keys.count(key) > 0;
}

// Every other key, by its name in the canonical model, so that none can be forgotten here.
void compare_other_keys(Reasons& out, const Yaml* before, const Yaml* after) {
  if (before == nullptr || after == nullptr) return;
  for (const Yaml::Entry& entry : after->entries) {
    const Yaml* old = before->find(entry.key);
    if (is_said_elsewhere(entry.key) || (old != nullptr && write_yaml(*old) == write_yaml(entry.value)))
      continue;
    out.push_back(entry.key + (old == nullptr ? " set" : " changed"));
  }
  for (const Yaml::Entry& entry : before->entries) {
    if (!is_said_elsewhere(entry.key) && after->find(entry.key) == nullptr)
      out.push_back(entry.key + " removed");
  }
}

const Yaml* canonical_service(const layout::Stack& stack, const std::string& name) {
  const Yaml* services = stack.project.canonical.find("services");
  return services == nullptr ? nullptr : services->find(name);
}

std::set<std::string> bound_to(const Service& service, stack::Style style) {
  std::set<std::string> out = service.implied_dependencies();
  if (style == stack::Style::oci) return out;
  for (const compose::Link& link : service.links) out.erase(link.service);
  for (const std::string& holder : service.joined()) out.insert(holder);
  return out;
}

// Without what style oci reads and has no use for: two that differ in nothing else are one container.
Service as_written(Service service, stack::Style style) {
  if (style == stack::Style::compose) return service;
  if (service.restart == "unless-stopped") service.restart = "always";
  for (compose::NetworkAttachment& attachment : service.networks) {
    attachment.gw_priority = 0;
    attachment.link_local_ips.clear();
  }
  return service;
}

}  // namespace

std::vector<std::string> differences(const Service& before, const Service& after) {
  Reasons out;
  compare_image(out, before.image, after.image);
  compare_text(out, "container name", before.container_name, after.container_name);
  compare_command(out, "command", before.command, after.command);
  compare_command(out, "entrypoint", before.entrypoint, after.entrypoint);
  compare_map(out, "environment", before.environment, after.environment);
  compare_map(out, "label", before.labels, after.labels);
  compare_list(out, "port", before.ports, after.ports);
  compare_list(out, "volume", before.volumes, after.volumes);
  compare_map(out, "network", by_key(before.networks), by_key(after.networks));
  compare_text(out, "network mode", before.network_mode, after.network_mode);
  compare_list(out, "secret", before.secrets, after.secrets);
  compare_health(out, before, after);
  compare_text(out, "restart policy", before.restart, after.restart);
  compare_text(out, "user", before.user, after.user);
  compare_text(out, "working directory", before.working_dir, after.working_dir);
  compare_text(out, "hostname", before.hostname, after.hostname);
  compare_list(out, "capability", before.cap_add, after.cap_add);
  compare_list(out, "dropped capability", before.cap_drop, after.cap_drop);
  compare_list(out, "device", before.devices, after.devices);
  compare_list(out, "tmpfs", before.tmpfs, after.tmpfs);
  compare_list(out, "security option", before.security_opt, after.security_opt);
  compare_list(out, "host entry", before.extra_hosts, after.extra_hosts);
  compare_list(out, "DNS server", before.dns, after.dns);
  compare_text(out, "shared memory", before.limits.shm_size, after.limits.shm_size);
  compare_text(out, "stop time", before.stop_grace_period, after.stop_grace_period);
  compare_text(out, "memory limit", before.limits.memory, after.limits.memory);
  compare_text(out, "cpu limit", before.limits.cpus, after.limits.cpus);
  compare_flag(out, "read-only root", before.read_only, after.read_only);
  compare_flag(out, "privileged", before.privileged, after.privileged);
  compare_flag(out, "init process", before.init, after.init);
  compare_flag(out, "terminal", before.tty, after.tty);
  return out;
}

bool is_recreated(const std::vector<ServiceChange>& changes, const std::string& service) {
  return std::any_of(changes.begin(), changes.end(), [&](const ServiceChange& change) {
    return change.service == service && change.action != Action::none && change.action != Action::remove;
  });
}

void mark(std::vector<ServiceChange>& changes, const std::string& service, Action action,
          const std::string& reason) {
  for (ServiceChange& change : changes) {
    if (change.service != service) continue;
    if (change.action == Action::none) change.action = action;
    if (std::find(change.reasons.begin(), change.reasons.end(), reason) == change.reasons.end()) {
      change.reasons.push_back(reason);
    }
    return;
  }
  changes.push_back({service, action, {reason}});
  std::sort(changes.begin(), changes.end(),
            [](const auto& a, const auto& b) { return a.service < b.service; });
}

void add_companions(std::vector<ServiceChange>& changes, const layout::Stack& stack) {
  const bool oci = stack.style == stack::Style::oci;
  for (bool again = true; again;) {
    again = false;
    for (const auto& [name, service] : stack.project.services) {
      if (is_recreated(changes, name)) continue;
      std::string reason;
      if (const std::string holder = service.namespace_of();
          !holder.empty() && is_recreated(changes, holder)) {
        reason = "shares the network of " + holder;
      }
      // Namespaces and volumes of a container that is gone are gone. Links are names, but units require each
      // other.
      for (const std::string& other : bound_to(service, stack.style)) {
        if (reason.empty() && is_recreated(changes, other)) reason = "needs " + other;
      }
      for (const auto& [other, dependency] : service.depends_on) {
        const bool propagates = dependency.restart || (oci && dependency.required);
        if (reason.empty() && propagates && is_recreated(changes, other)) reason = "depends on " + other;
      }
      if (reason.empty()) continue;
      mark(changes, name, Action::restart, reason);
      again = true;
    }
  }
}

std::vector<ServiceChange> compare_services(const layout::Stack& before, const layout::Stack& after) {
  std::vector<ServiceChange> out;
  for (const auto& [name, service] : after.project.services) {
    const auto old = before.project.services.find(name);
    if (old == before.project.services.end()) {
      out.push_back({name, Action::create, {"new service, image " + service.image}});
      continue;
    }
    Reasons reasons = differences(as_written(old->second, after.style), as_written(service, after.style));
    if (after.style == stack::Style::oci)
      compare_text(reasons, "pull policy", old->second.pull_policy, service.pull_policy);
    compare_other_keys(reasons, canonical_service(before, name), canonical_service(after, name));
    if (!reasons.empty()) out.push_back({name, Action::restart, std::move(reasons)});
  }
  for (const auto& [name, service] : before.project.services) {
    if (after.project.services.find(name) == after.project.services.end()) {
      out.push_back({name, Action::remove, {"no longer in the Compose file"}});
    }
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.service < b.service; });
  recreate_users(out, before, after);
  restart_rewired(out, before, after);
  add_companions(out, after);
  return out;
}

}  // namespace hwcsync::plan
