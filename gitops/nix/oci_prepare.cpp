#include "gitops/nix/oci_prepare.hpp"

#include "gitops/nix/encoders.hpp"
#include "gitops/nix/oci_account.hpp"
#include "gitops/nix/prepare_script.hpp"

#include <algorithm>

namespace hwcsync::nix {
namespace {

// Fails closed: commands must not work with secrets that are not there.
std::string secret_checks(const layout::Stack& stack) {
  std::string out;
  for (const auto& secret : stack.secrets) {
    if (secret.name == "env") continue;  // style oci has one env file a container
    const std::string path = shell_word(stack.secret_path(secret.name));
    out += "[ -r " + path + " ] || { echo no secret at " + path + " >&2; exit 66; }\n";
  }
  return out;
}

}  // namespace

Value::Set prepare_unit(const layout::DesiredState& desired, const layout::Stack& stack,
                        StackScripts& scripts) {
  const std::string name = stack.prepare_unit();
  std::vector<std::string> wants = configured_wants(stack);
  std::vector<std::string> after = configured_after(desired, stack);
  std::vector<std::string> first{"network-online.target"};
  for (const auto& one : account_units(stack)) first.push_back(one);
  if (!stack.secrets.empty()) first.push_back(view_unit(stack));
  for (auto* list : {&wants, &after}) list->insert(list->end(), first.begin(), first.end());

  const std::string script = scripts.add_text(
      name, "export PATH=/run/wrappers/bin:/run/current-system/sw/bin HOME=" +
                shell_word(stack.account.home) + "\n" + secret_checks(stack) + prepare_script(stack, name));
  SetBuilder unit;
  // A start of the stack begins where none of its containers runs. Whoever needs this unit keeps it up, so
  // that a container that comes back alone does not run the commands again.
  unit.put("StopWhenUnneeded", true).put_if("RequiresMountsFor", strings(required_mounts(stack)));
  SetBuilder section;
  section.put("Type", "oneshot")
      .put("RemainAfterExit", true)
      .put("ExecStart", script)
      .put("ExecReload", script)
      .put("TimeoutStartSec", std::max(std::int64_t{300}, seconds(stack.config.health.timeout,
                                                                  stack.name + ": health.timeout")));
  SetBuilder out;
  put_account(stack, out, section);
  out.put("description", systemd_text("prepare.commands of stack " + stack.name))
      .put("wants", strings(wants))
      .put("after", strings(after))
      .put_if("requires", strings(configured_requires(stack)))
      // Changed commands run in place: a restart would take the containers along.
      .put("reloadTriggers", strings({scripts.trigger(name)}))
      .put("unitConfig", unit.take())
      .put("serviceConfig", section.take());
  return out.take();
}

}  // namespace hwcsync::nix
