#include "gitops/nix/oci_stack.hpp"

#include "gitops/nix/bind_sources.hpp"
#include "gitops/nix/encoders.hpp"
#include "gitops/nix/escape.hpp"
#include "gitops/nix/marker.hpp"
#include "gitops/nix/oci_container.hpp"
#include "gitops/nix/printer.hpp"
#include "src/base/text.hpp"

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

namespace hwcsync::nix {
namespace {

// The first port that is published as one number; an owner can then move it by setting `port`.
std::optional<PortOption> port_option(const layout::Stack& stack) {
  for (const auto& [name, service] : stack.project.services) {
    for (std::size_t i = 0; i < service.ports.size(); ++i) {
      const auto& text = service.ports[i].published;
      const bool number =
          !text.empty() && text.size() <= 5 && std::all_of(text.begin(), text.end(), [](char c) {
            return std::isdigit(static_cast<unsigned char>(c)) != 0;
          });
      if (number) return PortOption{.service = name, .index = i, .number = std::stoll(text)};
    }
  }
  return std::nullopt;
}

std::string domain_of(const layout::Stack& stack) {
  return stack.config.routes.empty() ? stack.name + ".local" : stack.config.routes.front().domain;
}

Value option(std::vector<std::pair<std::string, Value>> fields) {
  SetBuilder out;
  for (auto& [name, value] : fields) out.put(name, std::move(value));
  return Value::Call{.function = "lib.mkOption", .arguments = {out.take()}, .meaning = Json()};
}

Module options_module(const layout::Stack& stack, const std::optional<PortOption>& port) {
  SetBuilder options;
  options.put("enable", Value::Call{.function = "lib.mkEnableOption",
                                    .arguments = {stack.name + " container"},
                                    .meaning = Json()});
  if (port) {
    options.put("port",
                option({{"type", Value::Expression{"lib.types.port", {}}},
                        {"default", port->number},
                        {"description", "Port on the host at which " + stack.name + " is published."}}));
  }
  options.put(
      "domain",
      option({{"type", Value::Expression{"lib.types.str", {}}},
              {"default", domain_of(stack)},
              {"description", "Host name under which the reverse proxy serves " + stack.name + "."}}));
  SetBuilder body;
  body.heading("OPTIONS").put("options.hwc.server.containers", stack.name, options.take());
  return {.formals = {"lib"}, .let = {}, .body = body.take()};
}

Value::Set network_service(const layout::Stack& stack, const compose::Network& network) {
  std::vector<std::string> containers;
  for (const auto& [name, service] : stack.project.services) {
    if (!service.network_mode.empty()) continue;
    if (!service.attached_to(network.key)) continue;
    containers.push_back("podman-" + stack.container(service) + ".service");
  }
  const auto configured = stack.config.networks.find(network.key);
  const std::string subnet = !network.ipam.empty() || configured == stack.config.networks.end()
                                 ? (network.ipam.empty() ? "" : network.ipam.front().subnet)
                                 : configured->second.subnet;
  std::vector<std::string> create{"/run/current-system/sw/bin/podman", "network", "create", "--ignore",
                                  "--label=io.hwcsync.stack=" + stack.name};
  if (!network.driver.empty()) create.push_back("--driver=" + network.driver);
  if (!subnet.empty()) create.push_back("--subnet=" + subnet);
  if (network.internal) create.emplace_back("--internal");
  create.push_back(network.name);
  for (auto& word : create) word = systemd_word(word);

  SetBuilder service;
  service.put("Type", "oneshot")
      .put("RemainAfterExit", true)
      .put("ExecStart", join(create, " "))
      // So that a changed subnet takes effect; a network that is still in use stays, which is no failure.
      .put("ExecStop", "-/run/current-system/sw/bin/podman network rm " + systemd_word(network.name))
      .put("TimeoutStartSec", 60);
  SetBuilder out;
  out.put("description", systemd_text("podman network " + network.name + " of stack " + stack.name))
      .put("requiredBy", strings(containers))
      .put("before", strings(containers))
      .put("serviceConfig", service.take());
  return out.take();
}

Value::Set routes_of(const layout::Stack& stack, const std::optional<PortOption>& port) {
  // The first route follows the options; its text is otherwise that of route_config.
  Value::Set out = route_config(stack);
  for (auto& binding : out.bindings) {
    if (binding.path.size() < 2 || binding.path[2].name != "virtualHosts") continue;
    const auto& route = stack.config.routes.front();
    auto& domain = binding.path[3];
    if (domain.name != route.domain) break;
    domain.form = Value::Key::Form::hole;
    domain.code = "cfg.domain";
    if (port && port->number == route.upstream) {
      binding.value = Value::String{
          {std::string(route.tls == "internal" ? "tls internal\n" : "") + "reverse_proxy 127.0.0.1:",
           Value::Hole{"toString cfg.port", std::to_string(port->number)}, "\n"}};
    }
    break;
  }
  return out;
}

Value::Set configuration(const layout::DesiredState& desired, const layout::Stack& stack,
                         const std::optional<PortOption>& port) {
  SetBuilder containers;
  SetBuilder units;
  SetBuilder etc;
  for (const auto& asset : stack.assets) {
    etc.put("", "hwcsync/stacks/" + stack.name + "/assets/" + asset.name, "source",
            content_source("assets/" + asset.name, "stacks/" + stack.name + "/assets/" + asset.name,
                           stack.name + "-" + asset.name));
  }
  for (const auto* network : own_networks(stack)) {
    units.user(network_unit(network->name), network_service(stack, *network));
  }
  for (const auto& [name, service] : stack.project.services) {
    const OciContainer container(desired, stack, service, port ? &*port : nullptr);
    containers.user(stack.container(service), container.container());
    units.user("podman-" + stack.container(service), container.unit());
  }
  std::vector<std::string> rules = directory_rules(stack);
  for (auto& rule : bind_source_rules(stack)) rules.push_back(std::move(rule));

  SetBuilder podman;
  podman
      .put("assertion", Value::Expression{"config.virtualisation.oci-containers.backend == \"podman\"", true})
      .put("message",
           "hwcsync: stack " + stack.name + " needs virtualisation.oci-containers.backend = \"podman\"");

  SetBuilder out;
  out.heading("IMPLEMENTATION")
      .put("virtualisation.oci-containers.containers", containers.take())
      .put("systemd.services", units.take())
      .put_if("systemd.tmpfiles.rules", strings(rules))
      .put_if("environment.etc", etc.take())
      .put_if("networking.firewall.allowedTCPPorts", integers(open_tcp(desired, stack)))
      .put_if("networking.firewall.allowedUDPPorts", integers(open_udp(desired, stack)));
  for (auto& binding : routes_of(stack, port).bindings) out.put_path(binding.path, binding.value);
  out.heading("VALIDATION").put("assertions", Value::List{{podman.take()}});
  return out.take();
}

}  // namespace

StackFiles render_oci_stack(const layout::DesiredState& desired, const layout::Stack& stack) {
  const std::string directory = "stacks/" + stack.name;
  const auto port = port_option(stack);
  const Value config = configuration(desired, stack, port);
  SetBuilder body;
  body.put("imports", Value::List{{Value::Expression{"./options.nix", {}}}})
      .put("config", Value::Call{.function = "lib.mkIf cfg.enable", .arguments = {config}, .meaning = {}});
  const Module index{
      .formals = {"config", "lib"},
      .let = {{"cfg", Value::Expression{"config.hwc.server.containers." + string_literal(stack.name), {}}}},
      .body = body.take()};

  StackFiles out;
  out.imports = {directory + "/index.nix"};
  out.files[directory + "/options.nix"] = with_marker(stack.name, print(options_module(stack, port)));
  out.files[directory + "/index.nix"] = with_marker(stack.name, print(index));
  for (const auto& asset : stack.assets) out.files[directory + "/assets/" + asset.name] = asset.content;
  out.intended[directory + "/index.nix"] = config.meaning();
  return out;
}

}  // namespace hwcsync::nix
