#include "gitops/nix/stack_configs.hpp"

#include "gitops/nix/podman_options.hpp"

#include <algorithm>

namespace hwcsync::nix {
namespace {

std::string file_name(const compose::Service& service, const compose::Grant& grant) {
  const bool shared = grant.uid.empty() && grant.gid.empty() && grant.mode.empty();
  return shared ? grant.source : "@" + service.name + "/" + grant.source;
}

std::int64_t id_of(const compose::Service& service, const std::string& text) {
  const bool number =
      !text.empty() && text.size() <= 10 && text.find_first_not_of("0123456789") == std::string::npos;
  if (!number)
    refuse(service.where,
           "'" + text + "' is no uid or gid for a config of the service '" + service.name + "'");
  return std::stoll(text);
}

std::string content_of(const layout::Stack& stack, const compose::Service& service,
                       const compose::Grant& grant) {
  const auto found = stack.project.configs.find(grant.source);
  if (found == stack.project.configs.end() || found->second.external) {
    refuse(service.where, "the config '" + grant.source + "' of the service '" + service.name +
                              "' has no content of its own; podman knows no external configs");
  }
  const compose::Config& config = found->second;
  if (config.file.empty()) return untainted(service, config.content, "the config '" + grant.source + "'");
  const auto asset = std::find_if(stack.assets.begin(), stack.assets.end(),
                                  [&](const layout::Asset& one) { return one.name == config.file; });
  if (asset == stack.assets.end()) {
    refuse(service.where, "the config '" + grant.source + "' names '" + config.file +
                              "', which is no tracked file of the stack");
  }
  return asset->content;
}

template <class Visit>
void each_grant(const layout::Stack& stack, Visit visit) {
  for (const auto& [name, service] : stack.project.services) {
    for (const auto& grant : service.configs) visit(service, grant);
  }
}

}  // namespace

std::string config_path(const layout::Stack& stack, const compose::Service& service,
                        const compose::Grant& grant) {
  return "/etc/hwcsync/stacks/" + stack.name + "/configs/" + file_name(service, grant);
}

Value::Set config_etc(const layout::Stack& stack) {
  std::map<std::string, Value> entries;
  each_grant(stack, [&](const compose::Service& service, const compose::Grant& grant) {
    const std::string name = file_name(service, grant);
    SetBuilder entry;
    entry.put("source", content_source("configs/" + name, "stacks/" + stack.name + "/configs/" + name,
                                       stack.name + "-" + name));
    if (name != grant.source) {
      // NixOS copies a file that has a mode, and gives it this owner.
      entry.put("mode", grant.mode.empty() ? "0444" : grant.mode);
      if (!grant.uid.empty()) entry.put("uid", stack.host_id(id_of(service, grant.uid), stack.account.uid));
      if (!grant.gid.empty()) entry.put("gid", stack.host_id(id_of(service, grant.gid), stack.account.gid));
    }
    entries.insert_or_assign("hwcsync/stacks/" + stack.name + "/configs/" + name, Value(entry.take()));
  });
  SetBuilder out;
  for (auto& [name, value] : entries) out.user(name, value);
  return out.take();
}

std::map<std::string, std::string> config_files(const layout::Stack& stack) {
  std::map<std::string, std::string> out;
  each_grant(stack, [&](const compose::Service& service, const compose::Grant& grant) {
    out["stacks/" + stack.name + "/configs/" + file_name(service, grant)] = content_of(stack, service, grant);
  });
  return out;
}

}  // namespace hwcsync::nix
