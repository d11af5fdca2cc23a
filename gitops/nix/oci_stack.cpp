#include "gitops/nix/oci_stack.hpp"

#include "gitops/layout/open_ports.hpp"
#include "gitops/nix/bind_sources.hpp"
#include "gitops/nix/caddy_routes.hpp"
#include "gitops/nix/encoders.hpp"
#include "gitops/nix/escape.hpp"
#include "gitops/nix/marker.hpp"
#include "gitops/nix/oci_container.hpp"
#include "gitops/nix/oci_prepare.hpp"
#include "gitops/nix/oci_resources.hpp"
#include "gitops/nix/oci_unit.hpp"
#include "gitops/nix/podman_build.hpp"
#include "gitops/nix/printer.hpp"
#include "gitops/nix/stack_configs.hpp"
#include "gitops/nix/stack_scripts.hpp"

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

namespace hwcsync::nix {
namespace {

// The first port that is published as one number; an owner can then move it by setting `port`.
std::optional<PortOption> port_option(const layout::DesiredState& desired, const layout::Stack& stack) {
  for (const auto& [name, service] : stack.project.services) {
    if (OciService(desired, stack, service).is_job()) continue;
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

// The first route follows the options.
Value::Set routes_of(const layout::DesiredState& desired, const layout::Stack& stack,
                     const std::optional<PortOption>& port) {
  Value::Set out = route_config(stack, stack::Release(desired.config.nixpkgs));
  for (auto& binding : out.bindings) {
    if (binding.path.size() < 4 || binding.path[2].name != "virtualHosts") continue;
    const auto& route = stack.config.routes.front();
    auto& domain = binding.path[3];
    if (domain.name != route.domain) break;
    domain.form = Value::Key::Form::hole;
    domain.code = "cfg.domain";
    if (port && port->number == route.upstream) {
      binding.value = Value::String{{route_text(route, stack::Release(desired.config.nixpkgs)),
                                     Value::Hole{"toString cfg.port", std::to_string(port->number)}, "\n"}};
    }
    break;
  }
  return out;
}

Value assertion(const std::string& code, const std::string& message) {
  SetBuilder out;
  out.put("assertion", Value::Expression{code, true}).put("message", message);
  return out.take();
}

Value::List assertions(const layout::Stack& stack) {
  Value::List out{{assertion(
      "config.virtualisation.oci-containers.backend == \"podman\"",
      "hwcsync: stack " + stack.name + " needs virtualisation.oci-containers.backend = \"podman\"")}};
  if (!stack.secrets.empty()) {
    out.items.push_back(assertion(
        "config.systemd.services ? \"hwcsync-view@\"",
        "hwcsync: stack " + stack.name + " reads secrets, which services.hwcsync shows; enable it"));
  }
  if (stack.is_rootless()) {
    const std::string account = "config.users.users." + string_literal(stack.user);
    out.items.push_back(
        assertion("(" + account + ".uid or null) == " + std::to_string(stack.account.uid),
                  "hwcsync: stack " + stack.name + " is for uid " + std::to_string(stack.account.uid) +
                      ", but users.users." + stack.user +
                      ".uid is something else: set it, or correct hosts.<host>.users in hwcsync.yaml"));
    out.items.push_back(assertion("(" + account + ".linger or false) == true",
                                  "hwcsync: stack " + stack.name + " runs without a login, but users.users." +
                                      stack.user +
                                      ".linger is not true: set it, or hosts.<host>.podman in hwcsync.yaml"));
  }
  if (!stack.config.firewall.tcp.empty() || !stack.config.firewall.udp.empty()) {
    out.items.push_back(assertion(
        "config.networking.firewall.enable",
        "hwcsync: stack " + stack.name +
            " says which ports are open, but networking.firewall.enable is false: all are; enable it, or "
            "take 'firewall' out of stack.yaml"));
  }
  return out;
}

// A port of the list that is the stack's `port` follows the option.
Value::List with_option(const std::vector<std::int64_t>& ports, const std::optional<PortOption>& option) {
  Value::List out = integers(ports);
  for (std::size_t i = 0; i < ports.size(); ++i) {
    if (option && option->number == ports[i]) out.items[i] = Value::Expression{"cfg.port", ports[i]};
  }
  return out;
}

Value::Set etc_files(const layout::Stack& stack, const StackScripts& scripts) {
  SetBuilder out;
  for (const auto& asset : stack.assets) {
    out.put("", "hwcsync/stacks/" + stack.name + "/assets/" + asset.name, "source",
            content_source("assets/" + asset.name, "stacks/" + stack.name + "/assets/" + asset.name,
                           stack.name + "-" + asset.name));
  }
  for (const auto& [entry, source] : directory_sources(stack))
    out.put("", "hwcsync/stacks/" + stack.name + '/' + entry, "source", source);
  for (const auto& part : {config_etc(stack), scripts.etc()}) {
    for (const auto& binding : part.bindings) out.put_path(binding.path, binding.value);
  }
  return out.take();
}

Value::Set configuration(const layout::DesiredState& desired, const layout::Stack& stack,
                         const std::optional<PortOption>& port, StackScripts& scripts) {
  SetBuilder containers;
  SetBuilder units;
  for (const auto& binding : resource_units(stack).bindings) units.put_path(binding.path, binding.value);
  for (const auto& [name, model] : stack.project.services) {
    const OciService service(desired, stack, model);
    if (is_built(model)) units.user(build_unit_name(service), build_unit(service, scripts));
    if (service.is_job()) {
      units.user(service.unit(), job_unit(service, scripts));
    } else {
      containers.user(service.container(), oci_container(service, port ? &*port : nullptr));
      units.user(service.unit(), container_unit(service, scripts));
    }
  }
  if (!stack.prepare_unit().empty()) units.user(stack.prepare_unit(), prepare_unit(desired, stack, scripts));
  std::vector<std::string> rules = directory_rules(stack);
  for (auto& rule : bind_source_rules(stack)) rules.push_back(std::move(rule));

  SetBuilder out;
  out.heading("IMPLEMENTATION")
      .put_if("virtualisation.oci-containers.containers", containers.take())
      .put("systemd.services", units.take())
      .put_if("systemd.tmpfiles.rules", strings(rules))
      .put_if("environment.etc", etc_files(stack, scripts));
  if (desired.config.firewall) {
    const layout::OpenPorts ports = layout::open_ports(stack, desired.config);
    out.put_if("networking.firewall.allowedTCPPorts", with_option(ports.tcp, port))
        .put_if("networking.firewall.allowedUDPPorts", integers(ports.udp))
        .put_if("networking.firewall.interfaces", name_server_rules(stack));
  }
  for (auto& binding : routes_of(desired, stack, port).bindings) out.put_path(binding.path, binding.value);
  out.heading("VALIDATION").put("assertions", assertions(stack));
  return out.take();
}

}  // namespace

StackFiles render_oci_stack(const layout::DesiredState& desired, const layout::Stack& stack) {
  const std::string directory = "stacks/" + stack.name;
  const auto port = port_option(desired, stack);
  StackScripts scripts(stack);
  const Value config = configuration(desired, stack, port, scripts);
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
  add_directories(stack, out);
  out.files.merge(config_files(stack));
  out.files.merge(scripts.files());
  out.intended[directory + "/index.nix"] = config.meaning();
  return out;
}

}  // namespace hwcsync::nix
