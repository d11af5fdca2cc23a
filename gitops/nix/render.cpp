#include "gitops/nix/render.hpp"

#include "gitops/nix/compose_stack.hpp"
#include "gitops/nix/host_module.hpp"
#include "gitops/nix/marker.hpp"
#include "gitops/nix/oci_stack.hpp"
#include "gitops/nix/printer.hpp"
#include "src/base/error.hpp"
#include "src/base/text.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

namespace hwcsync::nix {
namespace {

void add(Rendered& out, std::vector<std::string>& imports, StackFiles part) {
  out.files.merge(part.files);
  out.executables.merge(part.executables);
  out.intended.merge(part.intended);
  for (auto& name : part.imports) imports.push_back(std::move(name));
}

// The name becomes a path, a unit name and an argument: the reader promises this, and this is where it
// matters.
void check_name(const layout::Stack& stack) {
  const auto& name = stack.name;
  const bool fine =
      !name.empty() && name.front() != '.' && name.front() != '-' &&
      std::all_of(name.begin(), name.end(), [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.';
      });
  if (!fine) {
    throw Error(ErrorText{"cannot render stack", name, "its name cannot be part of a unit name",
                          "use letters, digits, '-', '_' and '.'"});
  }
}

Json assumed_system(const layout::DesiredState& desired) {
  Json out = Json::object();
  for (const auto& [name, stack] : desired.stacks) {
    out["users"]["users"][stack.user] =
        Json{{"uid", stack.account.uid}, {"home", stack.account.home}, {"linger", true}};
  }
  out["virtualisation"]["oci-containers"]["backend"] = "podman";
  // What the assertions of the modules ask for.
  out["systemd"]["services"]["hwcsync-view@"] = Json::object();
  out["networking"]["firewall"]["enable"] = true;
  return out;
}

}  // namespace

Rendered render(const layout::DesiredState& desired) {
  Rendered out;
  std::vector<std::string> imports;
  add(out, imports, render_host(desired));
  SetBuilder body;
  SetBuilder enabled;
  for (const auto& [name, stack] : desired.stacks) {
    check_name(stack);
    if (stack.style == stack::Style::oci) {
      add(out, imports, render_oci_stack(desired, stack));
      enabled.put("hwc.server.containers", name, "enable", true);
    } else {
      add(out, imports, render_compose_stack(desired, stack));
    }
  }
  Value::List list;
  for (const auto& name : imports) list.items.push_back(Value::Expression{"./" + name, {}});
  body.put("imports", std::move(list));
  const Value::Set switches = enabled.take();
  for (const auto& binding : switches.bindings) body.put_path(binding.path, binding.value);
  out.files["default.nix"] = with_marker("", print(Module{.formals = {}, .let = {}, .body = body.take()}));
  out.intended["default.nix"] = Value(switches).meaning();
  out.assumed = assumed_system(desired);
  return out;
}

bool is_copy(const std::string& path) {
  const std::vector<std::string> parts = split(path, '/');
  return parts.size() > 3 && parts[0] == "stacks" &&
         (parts[2] == "assets" || parts[2] == "configs" || parts[2] == "trees" || parts[2] == "contexts");
}

std::string placeholder(const std::string& host) {
  SetBuilder assertion;
  assertion.put("assertion", false)
      .put("message", "hwcsync: the modules of host " + host +
                          " are not rendered: deploy with hwcsync, or run `hwcsync render --out .` first");
  SetBuilder body;
  body.put("assertions", Value::List{{assertion.take()}});
  return with_marker("", print(Module{.formals = {}, .let = {}, .body = body.take()}));
}

}  // namespace hwcsync::nix
