#include "gitops/nix/host_module.hpp"

#include "gitops/nix/embedded.hpp"
#include "gitops/nix/marker.hpp"
#include "gitops/nix/printer.hpp"
#include "secrets/manifest/manifest.hpp"

#include <algorithm>

namespace hwcsync::nix {
namespace {

constexpr std::int64_t kSubIds = 65536;

bool has_style(const layout::DesiredState& desired, stack::Style style) {
  return std::any_of(desired.stacks.begin(), desired.stacks.end(),
                     [&](const auto& entry) { return entry.second.style == style; });
}

Value::Set user(const stack::User& account) {
  const auto range = [&](const char* start) {
    SetBuilder out;
    out.put(start, account.sub_ids).put("count", kSubIds);
    return Value::List{{out.take()}};
  };
  SetBuilder out;
  out.put("isNormalUser", true)
      .put("uid", account.uid)
      // Containers must live without a login.
      .put("linger", true)
      .put("subUidRanges", range("startUid"))
      .put("subGidRanges", range("startGid"));
  return out.take();
}

}  // namespace

StackFiles render_host(const layout::DesiredState& desired) {
  const bool compose = has_style(desired, stack::Style::compose);
  const bool oci = has_style(desired, stack::Style::oci);
  SetBuilder body;
  if (desired.config.podman) {
    for (const auto& [name, account] : desired.config.users) body.put("users.users", name, user(account));
    body.put("virtualisation.podman.enable", true);
    if (compose) {
      body.put("systemd.user.sockets.podman.wantedBy", strings({"sockets.target"}));
      // The Compose provider, at a path that does not change with its version.
      body.put("environment.systemPackages",
               Value::List{{Value::Expression{"pkgs.docker-compose", "docker-compose"}}});
    }
  }
  if (oci) body.put("virtualisation.oci-containers.backend", "podman");
  const auto manifest = secrets::parse_manifest(desired.manifest_json());
  body.put("environment.etc", "hwcsync/secrets-generation", "text", secrets::generation_id(manifest) + "\n");
  if (compose) {
    SetBuilder script;
    script
        .put("source",
             content_source("lib/compose-stack.sh", "lib/compose-stack.sh", "hwcsync-compose-stack"))
        .put("mode", "0555");
    body.put("environment.etc", "hwcsync/bin/compose-stack", script.take());
  }
  const Value value = body.take();

  StackFiles out;
  out.imports = {"host.nix"};
  const std::vector<std::string> formals =
      desired.config.podman && compose ? std::vector<std::string>{"pkgs"} : std::vector<std::string>{};
  out.files["host.nix"] = with_marker("", print(Module{.formals = formals, .let = {}, .body = value}));
  out.intended["host.nix"] = value.meaning();
  if (compose) {
    out.files["lib/mk-service.nix"] = with_marker("", mk_service_nix());
    out.files["lib/compose-stack.sh"] = with_marker("", compose_stack_sh());
  }
  return out;
}

}  // namespace hwcsync::nix
