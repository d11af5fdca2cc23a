#include "gitops/nix/oci_account.hpp"

#include "gitops/nix/encoders.hpp"
#include "gitops/nix/user_storage.hpp"

namespace hwcsync::nix {
namespace {

void put_podman(const layout::Stack& stack, SetBuilder& unit, SetBuilder& service) {
  unit.put("environment.XDG_RUNTIME_DIR", "/run/user/" + std::to_string(stack.account.uid));
  if (const std::string file = storage_file(stack); !file.empty())
    unit.put("environment.CONTAINERS_STORAGE_CONF", file);
  // newuidmap and newgidmap.
  unit.put("path", strings({"/run/wrappers"}));
  // Where the control group is not the user's, podman leaves it for a scope of the user's manager, and
  // systemd takes no word from there.
  service.put("Delegate", true);
}

}  // namespace

std::vector<std::string> account_units(const layout::Stack& stack) {
  if (!stack.is_rootless()) return {};
  return {"user@" + std::to_string(stack.account.uid) + ".service"};
}

void put_account(const layout::Stack& stack, SetBuilder& unit, SetBuilder& service) {
  if (!stack.is_rootless()) return;
  unit.put("environment.HOME", systemd_text(stack.account.home));
  service.put("User", stack.user);
  put_podman(stack, unit, service);
}

void put_container_account(const layout::Stack& stack, SetBuilder& unit, SetBuilder& service) {
  if (stack.is_rootless()) put_podman(stack, unit, service);
}

std::string as_root(const layout::Stack& stack) {
  return stack.is_rootless() ? "+" : "";
}

}  // namespace hwcsync::nix
