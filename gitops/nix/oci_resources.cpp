#include "gitops/nix/oci_resources.hpp"

#include "gitops/nix/encoders.hpp"
#include "gitops/nix/oci_account.hpp"
#include "gitops/nix/podman_run.hpp"
#include "src/base/hash.hpp"
#include "src/base/text.hpp"

#include <algorithm>
#include <cctype>
#include <set>

namespace hwcsync::nix {
namespace {

using compose::Mount;

constexpr const char* kProgram = "/etc/hwcsync/bin/oci-resource";

bool joins(const compose::Service& service, const compose::Network& network) {
  return service.network_mode.empty() && service.attached_to(network.key);
}

bool mounts(const compose::Service& service, const compose::Volume& volume) {
  return std::any_of(service.volumes.begin(), service.volumes.end(), [&](const Mount& mount) {
    return mount.type == Mount::Type::volume && mount.source == volume.key;
  });
}

template <class Uses>
std::vector<std::string> users(const layout::Stack& stack, Uses uses) {
  std::vector<std::string> out;
  for (const auto& [name, service] : stack.project.services) {
    if (uses(service)) out.push_back("podman-" + stack.container(service) + ".service");
  }
  return out;
}

// A name of at most 15 characters for the bridge, so that a firewall rule can name it.
std::string interface_name(const compose::Network& network) {
  const auto given = network.driver_opts.find("com.docker.network.bridge.name");
  if (given != network.driver_opts.end()) return given->second;
  const std::string whole = "hw-" + network.name;
  if (whole.size() <= 15) return whole;
  return whole.substr(0, 10) + "-" + sha256_hex(network.name).substr(0, 4);
}

bool is_bridge(const compose::Network& network) {
  return network.driver.empty() || network.driver == "bridge";
}

// podman's command line has no translation for the names that Docker gives its options.
std::string podman_option(const std::string& name) {
  return name == "com.docker.network.driver.mtu" ? "mtu" : name;
}

void refuse_network(const compose::Network& network, const layout::Stack& stack, const std::string& why) {
  refuse({stack.compose_file, 0, 0}, "the network '" + network.key + "': " + why);
}

std::vector<std::string> network_options(const layout::Stack& stack, const compose::Network& network) {
  std::vector<std::string> out{"--label=io.hwcsync.stack=" + stack.name};
  const auto add = [&](const std::string& flag, const std::string& value) {
    if (!value.empty()) out.push_back(flag + "=" + value);
  };
  if (!is_bridge(network) && network.driver != "macvlan" && network.driver != "ipvlan") {
    refuse_network(network, stack,
                   "podman has no driver '" + network.driver + "'; it has bridge, macvlan and ipvlan");
  }
  add("--driver", network.driver);
  if (is_bridge(network)) add("--interface-name", interface_name(network));
  for (const auto& [key, value] : network.driver_opts) {
    if (key == "com.docker.network.bridge.name" && is_bridge(network)) continue;
    if (key == "parent") {
      add("--interface-name", value);
    } else {
      add("--opt", podman_option(key) + "=" + value);
    }
  }
  if (network.ipam_driver != "default") add("--ipam-driver", network.ipam_driver);
  bool six = false;
  for (const auto& range : network.ipam) {
    add("--subnet", range.subnet);
    add("--ip-range", range.ip_range);
    add("--gateway", range.gateway);
    six = six || range.subnet.find(':') != std::string::npos;
  }
  if (network.enable_ipv4 && !*network.enable_ipv4 && !six) {
    refuse_network(network, stack, "'enable_ipv4: false' needs an IPv6 subnet under 'ipam'");
  }
  if (network.internal) out.emplace_back("--internal");
  if (network.enable_ipv6.value_or(false)) out.emplace_back("--ipv6");
  for (const auto& [key, value] : network.labels) add("--label", key + "=" + value);
  return out;
}

std::vector<std::string> volume_options(const layout::Stack& stack, const compose::Volume& volume) {
  std::vector<std::string> out;
  if (!volume.driver.empty() && volume.driver != "local") out.push_back("--driver=" + volume.driver);
  for (const auto& [key, value] : volume.driver_opts) {
    if (value.tainted()) {
      refuse(
          {stack.compose_file, 0, 0},
          "the volume '" + volume.key + "': its option '" + key +
              "' holds a secret, which would be on a command line; use an option that names a file, such as "
              "'credentials=' with the path of a secret");
    }
    out.push_back("--opt=" + key + "=" + value.plain());
  }
  for (const auto& [key, value] : volume.labels) out.push_back("--label=" + key + "=" + value);
  return out;
}

Value::Set unit(const std::string& kind, const std::string& name, const layout::Stack& stack,
                const std::vector<std::string>& options, const std::vector<std::string>& users) {
  std::vector<std::string> words{kProgram, kind, "ensure", name,
                                 sha256_hex(join(options, "\n")).substr(0, 16)};
  words.insert(words.end(), options.begin(), options.end());
  for (auto& word : words) word = systemd_word(word);
  SetBuilder service;
  service.put("Type", "oneshot").put("RemainAfterExit", true).put("ExecStart", join(words, " "));
  if (kind == "network") {
    service.put("ExecStop", std::string("-") + kProgram + " network remove " + systemd_word(name));
  }
  service.put("TimeoutStartSec", 120);
  SetBuilder out;
  put_account(stack, out, service);
  if (const auto& storage = stack.account.storage)
    out.put("unitConfig.RequiresMountsFor", strings({systemd_path(storage->path)}));
  out.put_if("wants", strings(account_units(stack))).put_if("after", strings(account_units(stack)));
  out.put("description", systemd_text("podman " + kind + " " + name + " of stack " + stack.name))
      // Who needs it comes after it by its own words: `Before=` here would change with every new user.
      .put("requiredBy", strings(users))
      // One restart, which takes the containers along, instead of a stop now and a start later.
      .put("stopIfChanged", false)
      .put("serviceConfig", service.take());
  return out.take();
}

}  // namespace

std::string network_unit(const std::string& network) {
  return "podman-network-" + network;
}

std::string volume_unit(const std::string& volume) {
  return "podman-volume-" + volume;
}

std::vector<const compose::Network*> own_networks(const layout::Stack& stack) {
  std::vector<const compose::Network*> out;
  for (const auto& [key, network] : stack.project.networks) {
    const compose::Network& one = network;
    if (!one.external && !users(stack, [&](const auto& service) { return joins(service, one); }).empty()) {
      out.push_back(&one);
    }
  }
  return out;
}

std::vector<const compose::Volume*> own_volumes(const layout::Stack& stack) {
  std::vector<const compose::Volume*> out;
  for (const auto& [key, volume] : stack.project.volumes) {
    const compose::Volume& one = volume;
    if (!one.external && !users(stack, [&](const auto& service) { return mounts(service, one); }).empty()) {
      out.push_back(&one);
    }
  }
  return out;
}

Value::Set resource_units(const layout::Stack& stack) {
  SetBuilder out;
  for (const auto* network : own_networks(stack)) {
    out.user(network_unit(network->name),
             unit("network", network->name, stack, network_options(stack, *network),
                  users(stack, [&](const auto& service) { return joins(service, *network); })));
  }
  for (const auto* volume : own_volumes(stack)) {
    out.user(volume_unit(volume->name),
             unit("volume", volume->name, stack, volume_options(stack, *volume),
                  users(stack, [&](const auto& service) { return mounts(service, *volume); })));
  }
  return out.take();
}

std::vector<std::string> own_resource_units(const OciService& service) {
  std::vector<std::string> out;
  for (const auto* network : own_networks(service.stack())) {
    if (joins(service.model(), *network)) out.push_back(network_unit(network->name) + ".service");
  }
  for (const auto* volume : own_volumes(service.stack())) {
    if (mounts(service.model(), *volume)) out.push_back(volume_unit(volume->name) + ".service");
  }
  return out;
}

std::vector<std::string> foreign_network_units(const OciService& service) {
  std::vector<std::string> out;
  for (const auto& [key, network] : service.stack().project.networks) {
    if (!network.external || !joins(service.model(), network)) continue;
    for (const auto& [name, stack] : service.desired().stacks) {
      if (stack.style != stack::Style::oci || stack.user != service.stack().user) continue;
      for (const auto* made : own_networks(stack)) {
        if (made->name == network.name) out.push_back(network_unit(made->name) + ".service");
      }
    }
  }
  return out;
}

std::string start_dependents(const layout::Stack& stack) {
  return "-" + as_root(stack) + kProgram + " unit ready %n";
}

std::vector<std::string> external_checks(const OciService& service) {
  std::vector<std::string> out;
  const auto check = [&](const std::string& kind, const std::string& name) {
    out.push_back(std::string(kProgram) + " " + kind + " exists " + systemd_word(name));
  };
  for (const auto& [key, network] : service.stack().project.networks) {
    if (network.external && joins(service.model(), network)) check("network", network.name);
  }
  for (const auto& [key, volume] : service.stack().project.volumes) {
    if (volume.external && mounts(service.model(), volume)) check("volume", volume.name);
  }
  return out;
}

Value::Set name_server_rules(const layout::Stack& stack) {
  SetBuilder out;
  // A user's bridges are in a network namespace of their own, behind no firewall.
  if (stack.is_rootless()) return out.take();
  for (const auto* network : own_networks(stack)) {
    if (!is_bridge(*network)) continue;
    SetBuilder ports;
    ports.put("allowedUDPPorts", integers({53}));
    out.user(interface_name(*network), ports.take());
  }
  return out.take();
}

}  // namespace hwcsync::nix
