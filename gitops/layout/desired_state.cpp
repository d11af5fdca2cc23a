#include "gitops/layout/desired_state.hpp"

#include "gitops/layout/open_ports.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

namespace hwcsync::layout {
namespace {

// "/a/b" at or below "/a/", "/a//b/" and "/", however these are written.
bool is_at_or_below(const std::string& path, const std::string& directory) {
  const auto normal = [](const std::string& text) {
    std::string out = std::filesystem::path(text).lexically_normal();
    while (!out.empty() && out.back() == '/') out.pop_back();
    return out;
  };
  const std::string inner = normal(path), outer = normal(directory);
  return inner == outer || inner.rfind(outer + '/', 0) == 0;
}

}  // namespace

std::int64_t Stack::host_id(std::int64_t id, std::int64_t own) const noexcept {
  if (!is_rootless()) return id;
  return id == 0 ? own : account.sub_ids + id - 1;
}

std::string Stack::view() const {
  return is_rootless() ? "/run/user/" + std::to_string(account.uid) + "/secrets" : "/run/hwcsync/view/0";
}

std::string Stack::secret_path(const std::string& file) const {
  return view() + '/' + name + '/' + file;
}

std::string Stack::env_file(const std::string& unit_name) const {
  return unit_name + ".env";
}

std::vector<std::string> Stack::env_paths() const {
  std::vector<std::string> out;
  for (const std::string& name_of_unit : units()) out.push_back(view() + '/' + env_file(name_of_unit));
  return out;
}

std::string Stack::prepare_unit() const {
  return style == stack::Style::oci && !config.prepare.commands.empty() ? name + "-prepare" : "";
}

bool Stack::commands_read(const std::string& file) const {
  for (const std::string& command : config.prepare.commands) {
    if (command.find(file) != std::string::npos) return true;
    // Which of them, only a shell can tell.
    if (command.find("XDG_RUNTIME_DIR") != std::string::npos && command.find("/secrets") != std::string::npos)
      return true;
    for (const std::string& root : views()) {
      for (auto at = command.find(root); at != std::string::npos; at = command.find(root, at + 1)) {
        const auto begin = at + root.size();
        const auto end = command.find_first_of(" \t\n'\"`;|&<>()[]{}*?$:,=#\\", begin);
        if (is_at_or_below(file,
                           view() + command.substr(begin, end == std::string::npos ? end : end - begin)))
          return true;
      }
    }
  }
  return false;
}

bool Stack::shows(const std::string& source, const std::string& file) const {
  for (const std::string& root : views()) {
    if (is_at_or_below(source, root) && is_at_or_below(root + file.substr(view().size()), source))
      return true;
  }
  return false;
}

std::vector<std::string> Stack::views() const {
  std::vector<std::string> out{view()};
  if (is_rootless()) out.push_back("/run/hwcsync/view/" + std::to_string(account.uid));
  return out;
}

std::vector<std::string> Stack::units() const {
  if (style == stack::Style::compose) return {unit};
  std::vector<std::string> out;
  if (std::string first = prepare_unit(); !first.empty()) out.push_back(std::move(first));
  for (const auto& [service_name, service] : project.services) out.push_back("podman-" + container(service));
  return out;
}

std::string Stack::container(const compose::Service& service) const {
  if (!service.container_name.empty()) return service.container_name;
  const std::string plain = project.name + '-' + service.name;
  return style == stack::Style::oci ? plain : plain + "-1";
}

OpenPorts open_ports(const Stack& stack, const stack::Host& host) {
  OpenPorts out;
  if (!host.firewall) return out;
  const auto add = [](std::vector<std::int64_t>& to, std::int64_t port) {
    if (std::find(to.begin(), to.end(), port) == to.end()) to.push_back(port);
  };
  const auto& closed = stack.config.firewall.proxied;
  for (const auto port : stack.config.firewall.tcp) {
    if (std::find(closed.begin(), closed.end(), port) == closed.end()) add(out.tcp, port);
  }
  for (const auto port : stack.config.firewall.udp) add(out.udp, port);
  return out;
}

}  // namespace hwcsync::layout
