#include "gitops/nix/host_module.hpp"

#include "gitops/nix/embedded.hpp"
#include "gitops/nix/marker.hpp"
#include "gitops/nix/podman_build.hpp"
#include "gitops/nix/printer.hpp"
#include "gitops/nix/user_storage.hpp"
#include "secrets/manifest/manifest.hpp"

#include <algorithm>
#include <set>

namespace hwcsync::nix {
namespace {

bool has_users(const layout::DesiredState& desired) {
  return std::any_of(desired.stacks.begin(), desired.stacks.end(),
                     [](const auto& entry) { return entry.second.is_rootless(); });
}

bool has_style(const layout::DesiredState& desired, stack::Style style) {
  return std::any_of(desired.stacks.begin(), desired.stacks.end(),
                     [&](const auto& entry) { return entry.second.style == style; });
}

Value::Set user(const stack::User& account) {
  const auto range = [&](const char* start) {
    SetBuilder out;
    out.put(start, account.sub_ids).put("count", layout::kSubIds);
    return Value::List{{out.take()}};
  };
  SetBuilder out;
  out.put("isNormalUser", true)
      .put("uid", account.uid)
      .put_if("home", account.home)
      // Containers must live without a login.
      .put("linger", true)
      .put("subUidRanges", range("startUid"))
      .put("subGidRanges", range("startGid"));
  return out.take();
}

Value::Set script(const std::string& file, const std::string& name) {
  SetBuilder out;
  out.put("source", content_source("lib/" + file, "lib/" + file, name)).put("mode", "0555");
  return out.take();
}

// What this generation needs, "user uid image" a line: pruning keeps the images of every generation that can
// be gone back to.
std::string image_list(const layout::DesiredState& desired) {
  std::set<std::string> lines;
  for (const auto& [name, stack] : desired.stacks) {
    const std::string who = stack.user + ' ' + std::to_string(stack.account.uid) + ' ';
    for (const auto& [service_name, service] : stack.project.services) {
      if (!service.image.empty()) lines.insert(who + service.image);
    }
  }
  std::string out;
  for (const auto& line : lines) out += line + '\n';
  return out;
}

// `podman-prune` is the name of a unit of nixpkgs, which prunes without asking what is needed.
void put_pruning(SetBuilder& body) {
  // A file of its own: an image changes no module of the host.
  body.put("environment.etc", "hwcsync/images", "source",
           content_source("images", "images", "hwcsync-images"))
      .put("environment.etc", "hwcsync/bin/podman-prune", script("podman-prune.sh", "hwcsync-podman-prune"));
  SetBuilder service;
  service.put("description", "hwcsync: removes images that no generation needs")
      .put("restartIfChanged", false)
      .put("startAt", "daily")
      .put("serviceConfig.Type", "oneshot")
      .put("serviceConfig.ExecStart", "/etc/hwcsync/bin/podman-prune");
  SetBuilder timer;
  timer.put("Persistent", true).put("RandomizedDelaySec", "1h");
  body.put("systemd.services.podman-rootless-prune", service.take())
      .put("systemd.timers.podman-rootless-prune.timerConfig", timer.take());
}

}  // namespace

StackFiles render_host(const layout::DesiredState& desired) {
  const bool compose = has_style(desired, stack::Style::compose);
  const bool oci = has_style(desired, stack::Style::oci);
  SetBuilder body;
  if (desired.config.podman) {
    for (const auto& [name, account] : desired.config.users) body.put("users.users", name, user(account));
    body.put("virtualisation.podman.enable", true);
    put_storage(desired, body);
    put_pruning(body);
    if (has_users(desired)) body.put("systemd.user.sockets.podman.wantedBy", strings({"sockets.target"}));
    if (compose) {
      // The Compose provider, at a path that does not change with its version.
      body.put("environment.systemPackages",
               Value::List{{Value::Expression{"pkgs.docker-compose", "docker-compose"}}});
    }
  }
  if (oci) body.put("virtualisation.oci-containers.backend", "podman");
  const auto manifest = secrets::parse_manifest(desired.manifest_json());
  body.put("environment.etc", "hwcsync/secrets-generation", "text", secrets::generation_id(manifest) + "\n");
  if (compose) {
    body.put("environment.etc", "hwcsync/bin/compose-stack",
             script("compose-stack.sh", "hwcsync-compose-stack"));
  }
  if (oci) {
    SetBuilder script;
    script.put("source", content_source("lib/oci-resource.sh", "lib/oci-resource.sh", "hwcsync-oci-resource"))
        .put("mode", "0555");
    body.put("environment.etc", "hwcsync/bin/oci-resource", script.take());
  }
  const auto& stacks = desired.stacks;
  const bool builds = std::any_of(stacks.begin(), stacks.end(),
                                  [](const auto& stack) { return builds_images(stack.second); });
  if (builds) {
    body.put("environment.etc", "hwcsync/bin/build-image", script("build-image.sh", "hwcsync-build-image"));
  }
  const Value value = body.take();

  StackFiles out;
  out.imports = {"host.nix"};
  const std::vector<std::string> formals =
      desired.config.podman && compose ? std::vector<std::string>{"pkgs"} : std::vector<std::string>{};
  out.files["host.nix"] = with_marker("", print(Module{.formals = formals, .let = {}, .body = value}));
  out.intended["host.nix"] = value.meaning();
  if (desired.config.podman) {
    out.files["images"] = with_marker("", image_list(desired));
    out.files["lib/podman-prune.sh"] = with_marker("", podman_prune_sh());
  }
  if (compose) {
    out.files["lib/mk-service.nix"] = with_marker("", mk_service_nix());
    out.files["lib/compose-stack.sh"] = with_marker("", compose_stack_sh());
  }
  if (builds) out.files["lib/build-image.sh"] = with_marker("", build_image_sh());
  if (oci) out.files["lib/oci-resource.sh"] = with_marker("", oci_resource_sh());
  return out;
}

}  // namespace hwcsync::nix
