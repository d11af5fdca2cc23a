#include "gitops/nix/podman_options.hpp"

#include "gitops/nix/encoders.hpp"
#include "gitops/nix/health_options.hpp"
#include "gitops/nix/stack_parts.hpp"
#include "src/base/text.hpp"

#include <algorithm>
#include <utility>

namespace hwcsync::nix {
namespace {

using compose::Service;

// One field of a list that podman splits at commas, by the rules of CSV (pflag's StringSlice): most values
// stand as they are.
std::string slice_field(const std::string& value) {
  if (value.find_first_of(",\"\r\n") == std::string::npos) return value;
  std::string out = "\"";
  for (const char c : value) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + '"';
}

// Collects flags; a value that says nothing adds nothing.
class Flags {
 public:
  void word(std::string flag) { out_.push_back(std::move(flag)); }
  void text(std::string_view flag, const std::string& value) {
    if (!value.empty()) out_.push_back(std::string(flag) + "=" + value);
  }
  void number(std::string_view flag, const std::optional<std::int64_t>& value) {
    if (value) text(flag, std::to_string(*value));
  }
  // For Docker a limit of zero is none; podman hands it on, and the kernel takes it at its word.
  void limit(std::string_view flag, const std::string& value) {
    if (value.find_first_of("123456789") != std::string::npos) text(flag, value);
  }
  void limit(std::string_view flag, const std::optional<std::int64_t>& value) {
    if (value) limit(flag, std::to_string(*value));
  }
  void when(bool yes, std::string_view flag) {
    if (yes) out_.emplace_back(flag);
  }
  void each(std::string_view flag, const std::vector<std::string>& values) {
    for (const auto& value : values) text(flag, value);
  }
  // For flags that podman reads as lists.
  void fields(std::string_view flag, const std::vector<std::string>& values) {
    for (const auto& value : values) text(flag, slice_field(value));
  }
  std::vector<std::string> take() { return std::move(out_); }

 private:
  std::vector<std::string> out_;
};

// Docker writes security options with a colon, podman with an equals sign and, for two of them, otherwise.
std::string security_option(std::string text) {
  const auto colon = text.find(':');
  if (colon != std::string::npos && text.find('=') == std::string::npos) text[colon] = '=';
  if (text == "no-new-privileges=true") return "no-new-privileges";
  if (text == "no-new-privileges=false") return "";
  if (text == "systempaths=unconfined") return "unmask=ALL";
  return text;
}

// "host=1.2.3.4", "host:1.2.3.4" and "host:[::1]" are what Compose takes; podman splits at the first colon.
std::string extra_host(std::string text) {
  const auto separator = text.find_first_of("=:");
  if (separator == std::string::npos) return text;
  text[separator] = ':';
  if (separator + 2 < text.size() && text[separator + 1] == '[' && text.back() == ']') {
    text.erase(separator + 1, 1);
    text.pop_back();
  }
  return text;
}

void add_entrypoint(Flags& out, const Service& service) {
  if (!service.entrypoint || single_entrypoint(service)) return;
  out.word("--entrypoint=" + (service.entrypoint->empty() ? std::string() : json_words(*service.entrypoint)));
}

void add_limits(Flags& out, const Service& service) {
  const auto& limits = service.limits;
  out.limit("--cpus", limits.cpus);
  out.limit("--memory", limits.memory);
  out.limit("--memory-reservation", limits.memory_reservation);
  const bool swap = !limits.memory_swap.empty() && limits.memory_swap != "0";
  const bool limited = limits.memory.find_first_of("123456789") != std::string::npos;
  if (swap && limited) {
    out.text("--memory-swap", limits.memory_swap);
  } else if (swap && limits.memory_swap != "-1") {  // no limit needs none to add to
    refuse(service.where,
           "memswap_limit of the service '" + service.name + "' does nothing without mem_limit");
  }
  out.number("--memory-swappiness", limits.memory_swappiness);
  out.limit("--shm-size", limits.shm_size);
  out.text("--cpuset-cpus", limits.cpuset);
  out.limit("--cpu-shares", limits.cpu_shares);
  out.limit("--cpu-period", limits.cpu_period);
  out.limit("--cpu-quota", limits.cpu_quota);
  out.limit("--cpu-rt-period", limits.cpu_rt_period);
  out.limit("--cpu-rt-runtime", limits.cpu_rt_runtime);
  // Without the flag podman has a limit of its own.
  out.number("--pids-limit", limits.pids == 0 ? std::optional<std::int64_t>(-1) : limits.pids);
  out.number("--oom-score-adj", limits.oom_score_adj);
  out.when(limits.oom_kill_disable, "--oom-kill-disable");
  for (const auto& [name, limit] : limits.ulimits) {
    out.text("--ulimit", name + "=" + std::to_string(limit.soft) + ":" + std::to_string(limit.hard));
  }
}

void add_block_io(Flags& out, const compose::BlockIo& io) {
  out.number("--blkio-weight", io.weight);
  for (const auto& row : io.weight_device)
    out.text("--blkio-weight-device", row.path + ":" + std::to_string(row.weight));
  const auto rates = [&](std::string_view flag, const std::vector<compose::BlockIo::Rate>& rows) {
    for (const auto& row : rows) out.text(flag, row.path + ":" + std::to_string(row.rate));
  };
  rates("--device-read-bps", io.device_read_bps);
  rates("--device-read-iops", io.device_read_iops);
  rates("--device-write-bps", io.device_write_bps);
  rates("--device-write-iops", io.device_write_iops);
}

void add_files(Flags& out, const Service& service) {
  for (const auto& mount : service.volumes) {
    if (mount.type != compose::Mount::Type::tmpfs) continue;
    if (mount.target.find(':') != std::string::npos) {
      refuse(service.where,
             "podman has no way to write a tmpfs at '" + mount.target + "', which has a colon");
    }
    out.text("--tmpfs", mount.target + (mount.options.empty() ? "" : ":" + join(mount.options, ",")));
  }
  out.each("--tmpfs", service.tmpfs);
  out.fields("--device-cgroup-rule", service.device_cgroup_rules);
  // Docker has no writable /tmp and /run in a read-only container; podman has unless told.
  out.when(service.read_only, "--read-only");
  out.when(service.read_only, "--read-only-tmpfs=false");
}

void add_network(Flags& out, const Service& service) {
  out.fields("--expose", service.expose);
  out.fields("--dns", service.dns);
  out.fields("--dns-option", service.dns_opt);
  out.fields("--dns-search", service.dns_search);
  for (const auto& host : service.extra_hosts) out.text("--add-host", slice_field(extra_host(host)));
}

void add_process(Flags& out, const Service& service) {
  out.fields("--group-add", service.group_add);
  for (const auto& option : service.security_opt) out.text("--security-opt", security_option(option));
  for (const auto& [key, value] : service.sysctls) out.text("--sysctl", slice_field(key + "=" + value));
  out.text("--cgroupns", service.cgroup);
  out.text("--cgroup-parent", service.cgroup_parent);
  out.text("--uts", service.uts);
  out.text("--userns", service.userns_mode);
  out.text("--platform", service.platform);
  out.when(service.init, "--init");
  out.when(service.stdin_open, "--interactive");
  out.when(service.tty, "--tty");
  out.text("--stop-signal", service.stop_signal);
  if (!service.stop_grace_period.empty()) {
    out.text("--stop-timeout", std::to_string(seconds(service.stop_grace_period, "stop_grace_period")));
  }
}

}  // namespace

std::string untainted(const Service& service, const compose::Template& value, const std::string& key) {
  if (value.tainted()) {
    refuse(service.where,
           key + " of the service '" + service.name +
               "' holds a secret; style oci keeps secrets out of units and command lines: use a "
               "secret file, or an environment variable");
  }
  return value.plain();
}

bool single_entrypoint(const Service& service) {
  // podman takes a value that reads as a JSON array for a list, and an empty one for "none".
  return service.entrypoint && service.entrypoint->size() == 1 && !service.entrypoint->front().empty() &&
         service.entrypoint->front().front() != '[';
}

std::vector<std::string> podman_options(const Service& service) {
  Flags out;
  add_entrypoint(out, service);
  add_files(out, service);
  add_network(out, service);
  add_limits(out, service);
  add_block_io(out, service.block_io);
  add_process(out, service);
  for (const auto& [key, value] : service.annotations) {
    out.text("--annotation", key + "=" + untainted(service, value, "annotations"));
  }
  if (service.health_check) {
    for (auto& flag : health_options(service)) out.word(std::move(flag));
  }
  return out.take();
}

}  // namespace hwcsync::nix
