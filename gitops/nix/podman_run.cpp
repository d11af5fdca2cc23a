#include "gitops/nix/podman_run.hpp"

#include "gitops/nix/encoders.hpp"
#include "gitops/nix/network_flags.hpp"
#include "gitops/nix/podman_mount.hpp"
#include "gitops/nix/podman_options.hpp"
#include "gitops/nix/stack_configs.hpp"
#include "src/base/hash.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

namespace hwcsync::nix {
namespace {

using compose::Mount;
using compose::Service;

// podman's name of what a mount is of.
std::string mount_source(const OciService& service, const Mount& mount) {
  if (mount.type != Mount::Type::volume) return mount.source;
  if (mount.source.empty()) {
    // The container is removed at every stop, and podman would remove a nameless volume with it.
    return service.stack().project.name + "_" + service.model().name + "_" +
           sha256_hex(mount.target).substr(0, 12);
  }
  const auto& volumes = service.stack().project.volumes;
  const auto named = volumes.find(mount.source);
  return named == volumes.end() ? mount.source : named->second.name;
}

void add_mounts(const OciService& service, PodmanRun& out) {
  const auto& stack = service.stack();
  for (const auto& mount : service.model().volumes) {
    if (mount.type == Mount::Type::tmpfs) continue;
    auto said = podman_mount(service.model(), mount, mount_source(service, mount));
    if (!said.volume.empty()) out.volumes.push_back(std::move(said.volume));
    if (!said.option.empty()) out.flags.push_back(std::move(said.option));
  }
  for (const auto& grant : service.model().secrets) {
    const std::string line = stack.secret_path(grant.source) + ":" + grant.target + ":ro";
    // Already mounted when the reader turned the grant into a bind mount.
    if (std::find(out.volumes.begin(), out.volumes.end(), line) == out.volumes.end())
      out.volumes.push_back(line);
  }
  for (const auto& grant : service.model().configs) {
    out.volumes.push_back(config_path(stack, service.model(), grant) + ":" + grant.target + ":ro");
  }
  for (const auto& from : service.model().volumes_from) {
    out.flags.push_back(
        "--volumes-from=" + (from.container ? from.from : service.other(from.from).container()) +
        (from.read_only ? ":ro" : ""));
  }
}

// "service:x", "container:x" and podman's own words.
std::string namespace_flag(const OciService& service, const std::string& mode) {
  constexpr std::string_view kService = "service:";
  if (mode.rfind(kService, 0) != 0) return mode;
  return "container:" + service.other(mode.substr(kService.size())).container();
}

void add_namespaces(const OciService& service, PodmanRun& out) {
  const Service& model = service.model();
  if (!model.network_mode.empty()) {
    out.flags.push_back("--network=" + namespace_flag(service, model.network_mode));
    if (!model.mac_address.empty()) out.flags.push_back("--mac-address=" + model.mac_address);
  } else {
    NetworkFlags networks = network_flags(service);
    out.networks = std::move(networks.plain);
    for (auto& flag : networks.flags) out.flags.push_back(std::move(flag));
  }
  if (!model.ipc.empty()) out.flags.push_back("--ipc=" + namespace_flag(service, model.ipc));
  if (!model.pid.empty()) out.flags.push_back("--pid=" + namespace_flag(service, model.pid));
}

void add_devices(const Service& service, PodmanRun& out) {
  out.devices = service.devices;
  for (const auto& request : service.device_requests) {
    if (request.driver == "cdi") {
      out.devices.insert(out.devices.end(), request.device_ids.begin(), request.device_ids.end());
      continue;
    }
    const auto& wanted = request.capabilities;
    const bool gpu = std::find(wanted.begin(), wanted.end(), "gpu") != wanted.end();
    if (request.driver != "nvidia" && !(request.driver.empty() && gpu)) {
      refuse(service.where,
             "podman has no device driver '" + request.driver + "'; name the devices (driver: cdi)");
    }
    // The names that the NVIDIA container toolkit gives its CDI devices.
    const std::string prefix = "nvidia.com/gpu=";
    for (const auto& id : request.device_ids) out.devices.push_back(prefix + id);
    if (!request.device_ids.empty()) continue;
    const std::int64_t count = request.count.value_or(-1);
    if (count < 0) out.devices.push_back(prefix + "all");
    for (std::int64_t i = 0; i < count; ++i) out.devices.push_back(prefix + std::to_string(i));
  }
}

void add_logging(const Service& service, PodmanRun& out) {
  if (!service.logging) return;
  const auto& logging = *service.logging;
  // Docker's own files would grow beside the journal: the journal keeps what a unit says, and bounds it.
  const bool journal = logging.driver.empty() || logging.driver == "json-file" || logging.driver == "local" ||
                       logging.driver == "journald";
  if (!journal) {
    static constexpr std::array<std::string_view, 4> kDrivers{"k8s-file", "none", "passthrough",
                                                              "passthrough-tty"};
    if (std::find(kDrivers.begin(), kDrivers.end(), logging.driver) == kDrivers.end()) {
      refuse(service.where,
             "podman has no log driver '" + logging.driver + "'; it has journald, k8s-file and none");
    }
    out.log_driver = logging.driver;
  }
  for (const auto& [key, value] : logging.options) {
    if (journal && key != "tag" && key != "label") continue;  // sizes and files: the journal's own business
    out.flags.push_back("--log-opt=" + key + "=" + untainted(service, value, "logging"));
  }
}

std::string pull_of(const Service& service) {
  const std::string& policy = service.pull_policy;
  if (policy == "always" || policy == "never" || policy == "newer") return policy;
  if (policy.empty() || policy == "missing" || policy == "if_not_present") return "missing";
  if (policy == "build") refuse(service.where, "pull_policy 'build': style oci builds no images");
  // daily, weekly, every_<duration>: at each start, and a registry that is down does not keep it down.
  return "newer";
}

std::string hostname_of(const Service& service) {
  if (service.domainname.empty()) return service.hostname;
  return (service.hostname.empty() ? service.name : service.hostname) + "." + service.domainname;
}

void add_capabilities(const Service& service, PodmanRun& out) {
  for (const auto& name : service.cap_add) out.capabilities[name] = true;
  for (const auto& name : service.cap_drop) {
    out.capabilities[name] = false;
  }
}

void add_command(const Service& service, PodmanRun& out) {
  if (single_entrypoint(service)) out.entrypoint = service.entrypoint->front();
  if (!service.command) return;
  if (service.command->empty() && !service.entrypoint) {
    refuse(service.where,
           "an empty 'command' would have to clear the image's own, which podman cannot; set "
           "'entrypoint' too, which does");
  }
  out.command = *service.command;
}

}  // namespace

PodmanRun podman_run(const OciService& service) {
  service.check();
  const Service& model = service.model();
  PodmanRun out;
  out.name = service.container();
  out.image = model.image;
  out.pull = pull_of(model);
  add_command(model, out);
  for (const auto& [name, text] : model.environment) {
    if (!text.tainted()) out.environment[name] = text.plain();
  }
  if (service.has_secret_environment()) {
    out.env_files.push_back(service.stack().view() + "/" + service.unit() + ".env");
  }
  for (const auto& port : model.ports) out.ports.push_back(podman_port(port));
  out.labels = model.labels;
  out.user = model.user;
  out.workdir = model.working_dir;
  out.hostname = hostname_of(model);
  out.privileged = model.privileged;
  out.ready_when_healthy = service.is_awaited_healthy();
  add_capabilities(model, out);
  add_devices(model, out);
  if (!model.runtime.empty()) out.engine_flags = {"--runtime", model.runtime};
  for (const auto& [key, value] : model.storage_opt) {
    out.engine_flags.emplace_back("--storage-opt");
    out.engine_flags.push_back(key + "=" + value);
  }
  add_namespaces(service, out);
  add_mounts(service, out);
  for (auto& flag : podman_options(model)) out.flags.push_back(std::move(flag));
  add_logging(model, out);
  return out;
}

std::vector<std::string> podman_words(const PodmanRun& run) {
  std::vector<std::string> out{"/run/current-system/sw/bin/podman"};
  const auto add = [&](std::string word) { out.push_back(std::move(word)); };
  const auto each = [&](std::string_view flag, const std::vector<std::string>& values) {
    for (const auto& value : values) add(std::string(flag) + "=" + value);
  };
  const auto text = [&](std::string_view flag, const std::string& value) {
    if (!value.empty()) add(std::string(flag) + "=" + value);
  };
  for (const auto& word : run.engine_flags) add(word);
  add("run");
  add("--name=" + run.name);
  add("--log-driver=" + run.log_driver);
  add("--cgroups=enabled");
  add("--replace");
  add("--pull=" + run.pull);
  text("--entrypoint", run.entrypoint);
  text("--hostname", run.hostname);
  for (const auto& [key, value] : run.environment) add("--env=" + key + "=" + value);
  each("--env-file", run.env_files);
  each("--publish", run.ports);
  text("--user", run.user);
  each("--volume", run.volumes);
  for (const auto& [key, value] : run.labels) add("--label=" + key + "=" + value);
  text("--workdir", run.workdir);
  if (run.privileged) add("--privileged");
  for (const auto& [name, added] : run.capabilities) add((added ? "--cap-add=" : "--cap-drop=") + name);
  each("--device", run.devices);
  each("--network", run.networks);
  for (const auto& word : run.flags) add(word);
  add(run.image);
  for (const auto& word : run.command) add(word);
  return out;
}

}  // namespace hwcsync::nix
