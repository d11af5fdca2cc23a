#include "gitops/nix/oci_container.hpp"

#include "gitops/nix/encoders.hpp"

#include <algorithm>
#include <iterator>

namespace hwcsync::nix {
namespace {

// Flags for what the host's NixOS has no option for yet. They come before ours: podman takes the last of two.
void say_by_flags(PodmanRun& run) {
  std::vector<std::string> out{"--pull=" + run.pull};
  if (run.ready_when_healthy) out.emplace_back("--sdnotify=healthy");
  if (run.privileged) out.emplace_back("--privileged");
  for (const auto& [name, added] : run.capabilities)
    out.push_back((added ? "--cap-add=" : "--cap-drop=") + name);
  for (const auto& name : run.devices) out.push_back("--device=" + name);
  for (const auto& name : run.networks) out.push_back("--network=" + name);
  std::move(run.flags.begin(), run.flags.end(), std::back_inserter(out));
  run.flags = std::move(out);
}

Value::Set user_map(const std::map<std::string, std::string>& values) {
  SetBuilder out;
  for (const auto& [name, value] : values) out.user(name, value);
  return out.take();
}

std::vector<std::string> dependencies(const OciService& service) {
  std::set<std::string> names = service.model().implied_dependencies();
  for (const auto& [name, dependency] : service.model().depends_on) {
    if (dependency.required) names.insert(name);
  }
  std::vector<std::string> out;
  for (const auto& name : names) {
    const OciService other = service.other(name);
    // The module knows containers only; what runs once is a dependency of the unit.
    if (!other.is_job()) out.push_back(other.container());
  }
  return out;
}

Value::List ports(const OciService& service, const PodmanRun& run, const PortOption* option) {
  Value::List out = strings(run.ports);
  if (option != nullptr && option->service == service.model().name) {
    const auto& port = service.model().ports[option->index];
    out.items[option->index] =
        Value::String{{podman_port_prefix(port), Value::Hole{"toString cfg.port", port.published},
                       podman_port_suffix(port)}};
  }
  return out;
}

}  // namespace

Value::Set oci_container(const OciService& service, const PortOption* port) {
  PodmanRun run = podman_run(service);
  const stack::Release release = service.release();
  const bool modern = release.has_run_options();
  if (!modern) say_by_flags(run);
  if (!run.engine_flags.empty() && !release.has_pre_run_options()) {
    refuse(service.model().where,
           "runtime and storage_opt need NixOS 24.11; hwcsync.yaml says that this host may "
           "have " +
               release.text());
  }
  SetBuilder capabilities;
  for (const auto& [name, added] : run.capabilities) capabilities.user(name, added);

  SetBuilder out;
  out.put("image", run.image);
  if (modern) out.put("pull", run.pull);
  if (const auto& login = service.stack().config.registry_login) {
    SetBuilder account;
    account.put("registry", login->registry)
        .put("username", login->username)
        .put("passwordFile", service.stack().secret_path(login->password));
    out.put("login", account.take());
  }
  out.put_if("entrypoint", run.entrypoint)
      .put_if("cmd", strings(run.command))
      .put_if("environment", user_map(run.environment))
      .put_if("environmentFiles", strings(run.env_files))
      .put_if("ports", ports(service, run, port))
      .put_if("volumes", strings(run.volumes))
      .put_if("labels", user_map(run.labels))
      .put_if("user", run.user)
      .put_if("workdir", run.workdir)
      .put_if("hostname", run.hostname)
      .put_if("dependsOn", strings(dependencies(service)));
  if (run.log_driver != "journald") out.put("log-driver", run.log_driver);
  if (modern) {
    out.put_if("capabilities", capabilities.take()).put_if("devices", strings(run.devices));
    if (run.privileged) out.put("privileged", true);
    out.put_if("networks", strings(run.networks));
    if (service.stack().is_rootless()) out.put("podman.user", service.stack().user);
    if (run.ready_when_healthy) out.put("podman.sdnotify", "healthy");
  }
  out.put_if("preRunExtraOptions", strings(run.engine_flags)).put_if("extraOptions", strings(run.flags));
  return out.take();
}

}  // namespace hwcsync::nix
