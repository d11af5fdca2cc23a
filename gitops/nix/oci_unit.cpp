#include "gitops/nix/oci_unit.hpp"

#include "gitops/nix/encoders.hpp"
#include "gitops/nix/health_options.hpp"
#include "gitops/nix/oci_account.hpp"
#include "gitops/nix/oci_resources.hpp"
#include "gitops/nix/podman_build.hpp"
#include "gitops/nix/podman_options.hpp"
#include "gitops/nix/podman_run.hpp"
#include "src/base/hash.hpp"

#include <algorithm>

namespace hwcsync::nix {
namespace {

using compose::Service;

constexpr const char* kPodman = "/run/current-system/sw/bin/podman";

// What a unit is tied to, by systemd's words.
struct Ties {
  std::vector<std::string> wants;
  std::vector<std::string> requires_;
  std::vector<std::string> after;
  std::vector<std::string> bound;  // BindsTo= and PartOf=
};

// depends_on, namespaces, links. Containers among them are also `dependsOn`, by which NixOS requires them.
void add_dependencies(const OciService& service, Ties& ties) {
  const Service& model = service.model();
  const auto coupled = service.coupled();
  std::set<std::string> names = model.implied_dependencies();
  for (const auto& [name, dependency] : model.depends_on) names.insert(name);
  for (const auto& name : names) {
    const OciService other = service.other(name);
    const std::string unit = other.unit() + ".service";
    const auto listed = model.depends_on.find(name);
    const bool optional = listed != model.depends_on.end() && !listed->second.required &&
                          model.implied_dependencies().count(name) == 0;
    if (optional) {
      ties.wants.push_back(unit);
      ties.after.push_back(unit);
      continue;
    }
    if (coupled.count(name) != 0) {
      ties.bound.push_back(unit);
      ties.after.push_back(unit);
    } else if (other.is_job() || service.is_job()) {
      ties.requires_.push_back(unit);
      ties.after.push_back(unit);
    }
  }
}

Ties ties_of(const OciService& service) {
  Ties out{.wants = configured_wants(service.stack()),
           .requires_ = configured_requires(service.stack()),
           .after = configured_after(service.desired(), service.stack()),
           .bound = {}};
  for (const auto& unit : account_units(service.stack())) {
    out.wants.push_back(unit);
    out.after.push_back(unit);
  }
  if (service.uses_secrets()) {
    out.wants.push_back(view_unit(service.stack()));
    out.after.push_back(view_unit(service.stack()));
  }
  if (const std::string unit = service.stack().prepare_unit(); !unit.empty()) {
    out.requires_.push_back(unit + ".service");
    out.after.push_back(unit + ".service");
  }
  for (auto& unit : own_resource_units(service)) out.after.push_back(std::move(unit));
  for (auto& unit : foreign_network_units(service)) {
    out.requires_.push_back(unit);
    out.after.push_back(std::move(unit));
  }
  if (is_built(service.model())) {
    out.requires_.push_back(build_unit_name(service) + ".service");
    out.after.push_back(build_unit_name(service) + ".service");
  }
  add_dependencies(service, out);
  return out;
}

// The module waits for ever for a container that never becomes ready, and a switch with it. What the owner
// says of the stack binds a container that others wait for; where nobody said anything, its own check does,
// because the end of this time is the end of the container, be it a database in recovery.
std::int64_t start_limit(const OciService& service) {
  const auto& stack = service.stack();
  const std::string& timeout = stack.config.health.timeout;
  const std::int64_t configured = seconds(timeout, stack.name + ": health.timeout");
  if (!service.is_awaited_healthy()) return std::max(std::int64_t{120}, configured);
  if (timeout != stack::Health{}.timeout) return configured;
  return std::max(configured, seconds_to_health(service.model()) + 30);
}

// Ahead of the module's own value, behind an owner's lib.mkForce.
Value ours(Value value) {
  return Value::Call{.function = "lib.mkOverride 90", .arguments = {std::move(value)}, .meaning = {}};
}

struct Restart {
  std::string word = "no";  // Compose's default
  std::optional<std::int64_t> attempts;
  std::string delay;
  std::string window;
};

Restart restart_of(const Service& service) {
  Restart out;
  if (service.restart_policy) {
    using Condition = compose::RestartPolicy::Condition;
    const auto& policy = *service.restart_policy;
    out.word = policy.condition == Condition::any          ? "always"
               : policy.condition == Condition::on_failure ? "on-failure"
                                                           : "no";
    out.attempts = policy.max_attempts;
    out.delay = policy.delay;
    out.window = policy.window;
    return out;
  }
  const std::string& text = service.restart;
  if (text == "always" || text == "unless-stopped") out.word = "always";
  if (text.rfind("on-failure", 0) == 0) {
    out.word = "on-failure";
    if (text.size() > 11) out.attempts = std::stoll(text.substr(11));
  }
  return out;
}

void add_restart(const Service& model, SetBuilder& section, SetBuilder& unit) {
  const Restart restart = restart_of(model);
  if (restart.word != "always") section.put("Restart", ours(restart.word));
  if (!restart.delay.empty()) section.put("RestartSec", ours(seconds(restart.delay, "restart_policy.delay")));
  if (!restart.attempts || restart.word == "no") return;
  // systemd counts starts, Compose the starts after the first.
  unit.put("StartLimitBurst", *restart.attempts + 1);
  unit.put("StartLimitIntervalSec", restart.window.empty()
                                        ? Value("infinity")
                                        : Value(seconds(restart.window, "restart_policy.window")));
}

std::vector<std::string> hook_words(const OciService& service, const compose::Hook& hook) {
  std::vector<std::string> out{kPodman, "exec"};
  if (!hook.user.empty()) out.push_back("--user=" + hook.user);
  if (!hook.working_dir.empty()) out.push_back("--workdir=" + hook.working_dir);
  if (hook.privileged) out.emplace_back("--privileged");
  for (const auto& [name, value] : hook.environment) {
    out.push_back("--env=" + name + "=" + untainted(service.model(), value, "the environment of a hook"));
  }
  out.push_back(service.container());
  for (const auto& word : hook.command)
    out.push_back(untainted(service.model(), word, "the command of a hook"));
  return out;
}

std::string hook_script(const OciService& service, const std::vector<compose::Hook>& hooks,
                        const std::string& when, StackScripts& scripts) {
  std::vector<ScriptCommand> commands;
  for (const auto& hook : hooks) commands.push_back({hook_words(service, hook)});
  return scripts.add(service.container() + "-" + when, commands);
}

void add_login(const OciService& service, std::vector<ScriptCommand>& to) {
  const auto& login = service.stack().config.registry_login;
  if (!login) return;
  to.push_back({{kPodman, "login", "--username=" + login->username, "--password-stdin", login->registry},
                service.stack().secret_path(login->password)});
}

// What the file of secret variables is made from, without any value: "${DB_PASSWORD}" in its places.
std::string environment_trigger(const Service& model) {
  std::string text;
  for (const auto& [name, value] : model.environment) {
    if (value.tainted()) text += name + '=' + value.compose_text() + '\n';
  }
  return "environment " + sha256_hex(text).substr(0, 16);
}

void put_ties(SetBuilder& out, const Ties& ties) {
  out.put_if("wants", strings(ties.wants))
      .put_if("requires", strings(ties.requires_))
      .put_if("after", strings(ties.after))
      .put_if("bindsTo", strings(ties.bound))
      .put_if("partOf", strings(ties.bound));
}

}  // namespace

Value::Set container_unit(const OciService& service, StackScripts& scripts) {
  const Service& model = service.model();
  const Ties ties = ties_of(service);
  SetBuilder unit;
  unit.put_if("RequiresMountsFor", strings(required_mounts(service.stack())));
  SetBuilder section;
  std::vector<std::string> triggers;
  section.put("TimeoutStartSec", ours(start_limit(service)));
  if (!model.stop_grace_period.empty()) {
    section.put("TimeoutStopSec",
                ours(seconds(model.stop_grace_period, model.name + ": stop_grace_period") + 30));
  }
  // podman asks systemd for a group of its own to watch the container's health in.
  if (service.is_awaited_healthy() && !service.release().has_run_options()) section.put("Delegate", true);
  SetBuilder out;
  put_container_account(service.stack(), out, section);
  add_restart(model, section, unit);
  section.put_if("ExecStartPre", strings(external_checks(service)));
  std::vector<std::string> afterwards;
  if (!model.post_start.empty()) {
    afterwards.push_back(hook_script(service, model.post_start, "post-start", scripts));
    triggers.push_back(scripts.trigger(service.container() + "-post-start"));
  }
  afterwards.push_back(start_dependents(service.stack()));
  section.put("ExecStartPost", strings(afterwards));
  if (!model.pre_stop.empty()) {
    // A hook that fails must not keep the container from being stopped.
    const std::string script = "-" + hook_script(service, model.pre_stop, "pre-stop", scripts);
    triggers.push_back(scripts.trigger(service.container() + "-pre-stop"));
    section.put("ExecStop",
                Value::Call{.function = "lib.mkBefore", .arguments = {strings({script})}, .meaning = {}});
  }
  if (service.has_secret_environment()) triggers.push_back(environment_trigger(model));
  put_ties(out, ties);
  out.put_if("unitConfig", unit.take())
      .put("serviceConfig", section.take())
      // The unit names a hook's script, and the file of secret variables, by a path that stays.
      .put_if("restartTriggers", strings(triggers));
  return out.take();
}

std::string build_unit_name(const OciService& service) {
  return "hwcsync-build-" + service.container();
}

Value::Set build_unit(const OciService& service, StackScripts& scripts) {
  std::vector<ScriptCommand> commands;
  add_login(service, commands);
  commands.push_back({build_words(service.stack(), service.model())});
  SetBuilder section;
  // It does not stay: each start of the container asks anew whether the image is there.
  section.put("Type", "oneshot")
      .put("ExecStart", scripts.add(service.container() + "-build", commands))
      .put("TimeoutStartSec", kBuildLimit + 60);
  SetBuilder out;
  put_account(service.stack(), out, section);
  Ties ties{.wants = account_units(service.stack()),
            .requires_ = {},
            .after = account_units(service.stack()),
            .bound = {}};
  ties.wants.emplace_back("network-online.target");
  ties.after.emplace_back("network-online.target");
  if (service.stack().config.registry_login) {
    ties.wants.push_back(view_unit(service.stack()));
    ties.after.push_back(view_unit(service.stack()));
  }
  out.put("description",
          systemd_text("image of service " + service.model().name + " of stack " + service.stack().name));
  put_ties(out, ties);
  out.put("restartIfChanged", false).put("serviceConfig", section.take());
  return out.take();
}

Value::Set job_unit(const OciService& service, StackScripts& scripts) {
  const std::string name = service.container();
  Ties ties = ties_of(service);
  ties.wants.emplace_back("network-online.target");
  ties.after.emplace_back("network-online.target");
  std::vector<ScriptCommand> commands;
  add_login(service, commands);
  commands.push_back({podman_words(podman_run(service))});
  const std::string script = scripts.add(name, commands);
  std::vector<std::string> triggers{scripts.trigger(name)};
  if (service.has_secret_environment()) triggers.push_back(environment_trigger(service.model()));
  SetBuilder unit;
  unit.put_if("RequiresMountsFor", strings(required_mounts(service.stack())));
  SetBuilder section;
  section.put("Type", "oneshot")
      .put("RemainAfterExit", true)
      .put_if("ExecStartPre", strings(external_checks(service)))
      .put("ExecStart", script)
      .put("ExecStartPost", strings({start_dependents(service.stack())}))
      .put("ExecStop", std::string("-") + kPodman + " rm --force --ignore " + systemd_word(name))
      .put("TimeoutStartSec", start_limit(service));
  SetBuilder out;
  put_account(service.stack(), out, section);
  out.put("description",
          systemd_text("service " + service.model().name + " of stack " + service.stack().name))
      .put("wantedBy", strings({"multi-user.target"}));
  put_ties(out, ties);
  out.put_if("unitConfig", unit.take())
      .put("serviceConfig", section.take())
      // The unit names the script by a path that stays.
      .put("restartTriggers", strings(triggers));
  return out.take();
}

}  // namespace hwcsync::nix
