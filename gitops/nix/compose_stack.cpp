#include "gitops/nix/compose_stack.hpp"

#include "gitops/layout/open_ports.hpp"
#include "gitops/nix/caddy_routes.hpp"
#include "gitops/nix/encoders.hpp"
#include "gitops/nix/marker.hpp"
#include "gitops/nix/podman_build.hpp"
#include "gitops/nix/prepare_script.hpp"
#include "gitops/nix/printer.hpp"
#include "gitops/nix/provider_document.hpp"
#include "gitops/nix/user_storage.hpp"
#include "src/base/hash.hpp"

#include <set>
#include <utility>

namespace hwcsync::nix {
namespace {

constexpr std::int64_t kStopTimeout = 120;
// What goes before the provider's time: podman's socket, a start slot (compose-stack.sh).
constexpr std::int64_t kBeforeStart = 210;

// Everything that the module says about the stack, once; the call of mkService and what it must come out as
// are two readings of it.
struct Facts {
  std::string description;
  std::string project;
  std::vector<std::string> services;
  std::vector<std::string> oneshots;
  std::vector<std::string> env_files;
  std::vector<std::string> secret_files;
  std::vector<std::string> tmpfiles;
  std::vector<std::string> mounts;
  std::vector<std::string> after;
  std::vector<std::string> wants;
  std::vector<std::string> requires_units;
  std::vector<std::int64_t> tcp;
  std::vector<std::int64_t> udp;
  std::vector<std::string> builds;
  std::vector<std::string> commands;
  std::string password_file;  // of the registry login; empty: none
  std::int64_t start_timeout = 0;
  std::string unit_conf;
  std::string hash;
};

std::string compose_text(const layout::Stack& stack) {
  return with_marker(stack.name, write_yaml(provider_document(stack.project.canonical)));
}

// Services that others wait for to complete, and those that are not to be restarted, may end.
std::set<std::string> ending_services(const compose::Project& project) {
  std::set<std::string> out;
  for (const auto& [name, service] : project.services) {
    if (service.restart == "no") out.insert(name);
    for (const auto& [other, dependency] : service.depends_on) {
      if (dependency.condition == compose::Dependency::Condition::completed) out.insert(other);
    }
  }
  return out;
}

std::string unit_conf(const layout::Stack& stack, const Facts& facts) {
  std::string out = "project=" + facts.project + "\n";
  for (const auto& file : facts.env_files) out += "env-file=" + file + "\n";
  for (const auto& file : facts.secret_files) out += "file=" + file + "\n";
  for (const auto& name : facts.services) out += "service=" + name + "\n";
  for (const auto& name : facts.oneshots) out += "oneshot=" + name + "\n";
  if (!facts.password_file.empty()) {
    const auto& login = *stack.config.registry_login;
    out += "login=" + login.registry + ' ' + login.username + ' ' + facts.password_file + "\n";
  }
  out += "limit=" + std::to_string(facts.start_timeout) + "\n";
  return out;
}

Facts gather(const layout::DesiredState& desired, const layout::Stack& stack,
             const std::string& compose_file) {
  Facts facts;
  facts.description = single_line(stack.config.description.empty() ? "Container stack " + stack.name
                                                                   : stack.config.description);
  facts.project = stack.project.name;
  const auto ending = ending_services(stack.project);
  for (const auto& [name, service] : stack.project.services) {
    if (service.scale == 0) continue;  // nothing of it runs
    (ending.count(name) != 0 ? facts.oneshots : facts.services).push_back(name);
  }
  for (const auto& secret : stack.secrets) {
    if (secret.name == "env") {
      facts.env_files.push_back(stack.view() + "/" + stack.env_file(stack.unit));
    } else {
      facts.secret_files.push_back(stack.secret_path(secret.name));
    }
  }
  facts.tmpfiles = directory_rules(stack);
  facts.mounts = stack.config.mounts.required;
  if (stack.account.storage) facts.mounts.push_back(stack.account.storage->path);
  facts.after = configured_after(desired, stack);
  facts.wants = configured_wants(stack);
  facts.requires_units = configured_requires(stack);
  layout::OpenPorts ports = layout::open_ports(stack, desired.config);
  facts.tcp = std::move(ports.tcp);
  facts.udp = std::move(ports.udp);
  // Not healthy within its time is not healthy: the provider waits for dependencies no longer than the health
  // gate.
  facts.start_timeout = seconds(stack.config.health.timeout, stack.name + ": health.timeout");
  facts.builds = build_commands(stack);
  facts.commands = stack.config.prepare.commands;
  if (stack.config.registry_login) {
    facts.password_file = stack.secret_path(stack.config.registry_login->password);
  }
  facts.unit_conf = unit_conf(stack, facts);
  Sha256 hash;
  hash.add(compose_file).add(facts.unit_conf);
  if (!facts.commands.empty()) hash.add(prepare_script(stack, "compose-stack"));
  for (const auto& command : facts.builds) hash.add(command);
  for (const auto& asset : stack.assets) hash.add(asset.name).add(asset.content);
  for (const auto& [name, directory] : stack.project.directories) hash.add(name).add(directory.hash());
  facts.hash = hash.hex();
  return facts;
}

std::string directory_of(const layout::Stack& stack) {
  return "stacks/" + stack.name;
}

Value compose_source(const layout::Stack& stack) {
  return content_source("compose.yaml", directory_of(stack) + "/compose.yaml", stack.name + "-compose.yaml");
}

Value asset_source(const layout::Stack& stack, const layout::Asset& asset) {
  return content_source("assets/" + asset.name, directory_of(stack) + "/assets/" + asset.name,
                        stack.name + "-" + asset.name);
}

Value::Set variables_argument(const layout::Stack& stack) {
  SetBuilder out;
  for (const auto& [name, value] : stack.config.prepare.variables) out.user(name, value);
  return out.take();
}

Value::Set login_argument(const layout::Stack& stack, const Facts& facts) {
  SetBuilder out;
  if (facts.password_file.empty()) return out.take();
  out.put("registry", stack.config.registry_login->registry)
      .put("username", stack.config.registry_login->username)
      .put("passwordFile", facts.password_file);
  return out.take();
}

Value call_of_mk_service(const layout::Stack& stack, const Facts& facts, Json meaning) {
  SetBuilder assets;
  for (const auto& asset : stack.assets) assets.user(asset.name, asset_source(stack, asset));
  SetBuilder trees;
  SetBuilder contexts;
  for (const auto& [entry, source] : directory_sources(stack)) {
    const auto slash = entry.find('/');
    (entry.compare(0, slash, "trees") == 0 ? trees : contexts).user(entry.substr(slash + 1), source);
  }
  SetBuilder arguments;
  arguments.put("stackName", stack.unit)
      .put("stack", stack.name)
      .put("description", facts.description)
      .put("projectName", facts.project)
      .put("composeFile", compose_source(stack))
      .put("user", stack.user)
      .put("uid", stack.account.uid)
      .put_if("storageConf", storage_file(stack))
      .put_if("assets", assets.take())
      .put_if("trees", trees.take())
      .put_if("contexts", contexts.take())
      .put_if("buildCommands", strings(facts.builds))
      .put("contentHash", facts.hash)
      .put_if("services", strings(facts.services))
      .put_if("oneshots", strings(facts.oneshots))
      .put_if("envFiles", strings(facts.env_files))
      .put_if("secretFiles", strings(facts.secret_files))
      .put_if("registryLogin", login_argument(stack, facts))
      .put_if("prepareCommands", strings(facts.commands))
      .put_if("prepareVariables", variables_argument(stack))
      .put_if("tmpfiles", strings(facts.tmpfiles))
      .put_if("requiresMounts", strings(facts.mounts))
      .put_if("after", strings(facts.after))
      .put_if("wants", strings(facts.wants))
      .put_if("requires", strings(facts.requires_units))
      .put("startTimeout", facts.start_timeout)
      .put("stopTimeout", kStopTimeout)
      .put_if("firewallPorts", integers(facts.tcp))
      .put_if("firewallUDPPorts", integers(facts.udp));
  return Value::Call{
      .function = "hwcsync.mkService", .arguments = {arguments.take()}, .meaning = std::move(meaning)};
}

Json joined(std::vector<std::string> first, const std::vector<std::string>& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

// What mkService must make of it, written down independently of its Nix text.
Json intended(const layout::Stack& stack, const Facts& facts) {
  const std::string uid = std::to_string(stack.account.uid);
  const std::string runtime = "/run/user/" + uid;
  const std::string etc = "hwcsync/stacks/" + stack.name + "/";
  const std::string script = "/etc/hwcsync/bin/compose-stack ";

  Json files = Json::object();
  files[etc + "compose.yaml"] = Json{{"source", compose_source(stack).meaning()}};
  files[etc + "unit.conf"] = Json{{"text", facts.unit_conf}};
  if (!facts.commands.empty())
    files[etc + "before.sh"] = Json{{"text", prepare_script(stack, "compose-stack")}};
  if (!facts.builds.empty())
    files[etc + "build.sh"] =
        Json{{"text", command_script(stack, {"compose-stack", "build", {}, facts.builds})}};
  for (const auto& asset : stack.assets) {
    files[etc + "assets/" + asset.name] = Json{{"source", asset_source(stack, asset).meaning()}};
  }
  for (const auto& [entry, source] : directory_sources(stack))
    files[etc + entry] = Json{{"source", source.meaning()}};

  std::vector<std::string> order{"network-online.target", "user@" + uid + ".service"};
  if (!facts.env_files.empty() || !facts.secret_files.empty()) order.push_back(view_unit(stack));
  Json service{{"description", systemd_text(facts.description)},
               {"wantedBy", {"multi-user.target"}},
               {"wants", joined(order, facts.wants)},
               {"after", joined(order, facts.after)},
               {"requires", facts.requires_units},
               {"startLimitIntervalSec", 300},
               {"startLimitBurst", 5},
               {"reloadTriggers", {facts.hash}},
               {"restartIfChanged", true},
               {"stopIfChanged", true},
               {"unitConfig", Json::object()}};
  if (!facts.mounts.empty()) service["unitConfig"]["RequiresMountsFor"] = required_mounts(stack);
  const std::string socket = "unix://" + runtime + "/podman/podman.sock";
  service["environment"] = Json{{"COMPOSE_PROJECT_NAME", systemd_text(facts.project)},
                                {"CONTAINER_HOST", socket},
                                {"DOCKER_HOST", socket},
                                {"HOME", stack.account.home},
                                {"XDG_RUNTIME_DIR", runtime},
                                {"PODMAN_COMPOSE_PROVIDER", "/run/current-system/sw/bin/docker-compose"},
                                {"PATH", "/run/wrappers/bin:/run/current-system/sw/bin"}};
  if (const std::string file = storage_file(stack); !file.empty())
    service["environment"]["CONTAINERS_STORAGE_CONF"] = file;
  service["serviceConfig"] =
      Json{{"Type", "oneshot"},
           {"RemainAfterExit", true},
           {"User", stack.user},
           {"ExecStart", script + "up " + stack.name},
           {"ExecReload", script + "reload " + stack.name},
           {"ExecStop", script + "stop " + stack.name},
           {"Restart", "on-failure"},
           {"RestartSec", "30s"},
           {"TimeoutStartSec", facts.start_timeout + kBeforeStart +
                                   kBuildLimit * static_cast<std::int64_t>(facts.builds.size())},
           {"TimeoutStopSec", kStopTimeout}};

  Json out = Json::object();
  out["assertions"] = Json::array({Json{
      {"assertion", true},
      {"message", "hwcsync: stack " + stack.name + " is for uid " + uid + ", but users.users." + stack.user +
                      ".uid is something else: set it, or correct hosts.<host>.users in hwcsync.yaml"}}});
  out["warnings"] = Json::array();
  out["environment"]["etc"] = std::move(files);
  out["networking"]["firewall"] = Json{{"allowedTCPPorts", facts.tcp}, {"allowedUDPPorts", facts.udp}};
  out["systemd"]["tmpfiles"]["rules"] = facts.tmpfiles;
  out["systemd"]["services"][stack.unit] = std::move(service);
  return out;
}

}  // namespace

StackFiles render_compose_stack(const layout::DesiredState& desired, const layout::Stack& stack) {
  const std::string directory = directory_of(stack);
  const std::string compose_file = compose_text(stack);
  const Facts facts = gather(desired, stack, compose_file);
  const Value call = call_of_mk_service(stack, facts, intended(stack, facts));

  Value body = call;
  const Value::Set routes = route_config(stack, stack::Release(desired.config.nixpkgs));
  if (!routes.bindings.empty()) {
    Json meaning = call.meaning();
    merge_meaning(meaning, Value(routes).meaning());
    SetBuilder merged;
    merged.put("config", Value::Call{.function = "lib.mkMerge",
                                     .arguments = {Value::List{{call, Value(routes)}}},
                                     .meaning = std::move(meaning)});
    body = merged.take();
  }
  const Module module{
      .formals = {"config", "lib"},
      .let = {{"hwcsync", Value::Expression{"import ../../lib/mk-service.nix { inherit config lib; }", {}}}},
      .body = body};

  StackFiles out;
  out.imports = {directory + "/default.nix"};
  out.files[directory + "/compose.yaml"] = compose_file;
  for (const auto& asset : stack.assets) out.files[directory + "/assets/" + asset.name] = asset.content;
  add_directories(stack, out);
  out.files[directory + "/default.nix"] = with_marker(stack.name, print(module));
  const Json meaning = body.meaning();
  out.intended[directory + "/default.nix"] = routes.bindings.empty() ? meaning : meaning.at("config");
  return out;
}

}  // namespace hwcsync::nix
