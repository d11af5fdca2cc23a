#include "gitops/plan/stacks.hpp"

#include "gitops/plan/resources.hpp"
#include "gitops/plan/services.hpp"
#include "src/base/text.hpp"

#include <algorithm>

namespace hwcsync::plan {
namespace {

using layout::Stack;

// Texts of the unit that need a restart of the unit to take effect, in style compose.
std::vector<std::string> unit_differences(const Stack& before, const Stack& after) {
  std::vector<std::string> out;
  const auto compare = [&](const std::string& what, const std::string& a, const std::string& b) {
    if (a != b) out.push_back(what + ' ' + (a.empty() ? "(none)" : a) + " -> " + (b.empty() ? "(none)" : b));
  };
  const auto list = [](const std::vector<std::string>& items) { return join(items, " "); };
  compare("unit", before.unit, after.unit);
  compare("user", before.user, after.user);
  compare("project", before.project.name, after.project.name);
  compare("required mounts", list(before.config.mounts.required), list(after.config.mounts.required));
  compare("after", list(before.config.units.after), list(after.config.units.after));
  compare("wants", list(before.config.units.wants), list(after.config.units.wants));
  compare("requires", list(before.config.units.requires_), list(after.config.units.requires_));
  compare("starts after", list(before.config.start_after), list(after.config.start_after));
  compare("on-demand mounts", list(before.config.mounts.on_demand), list(after.config.mounts.on_demand));
  compare("health timeout", before.config.health.timeout, after.config.health.timeout);
  compare("uid of the user", std::to_string(before.account.uid), std::to_string(after.account.uid));
  return out;
}

// Changes that NixOS applies around the unit: firewall, directories, routes, description.
std::vector<std::string> surrounding_differences(const StackPair& pair) {
  const Stack& before = *pair.before;
  const Stack& after = *pair.after;
  std::vector<std::string> out;
  const auto ports = [&](const std::string& what, const std::vector<std::int64_t>& a,
                         const std::vector<std::int64_t>& b) {
    for (const auto port : b) {
      if (std::find(a.begin(), a.end(), port) == a.end())
        out.push_back("opens " + what + ' ' + std::to_string(port));
    }
    for (const auto port : a) {
      if (std::find(b.begin(), b.end(), port) == b.end())
        out.push_back("closes " + what + ' ' + std::to_string(port));
    }
  };
  ports("tcp", pair.was_open.tcp, pair.opens.tcp);
  ports("udp", pair.was_open.udp, pair.opens.udp);
  for (const stack::Directory& directory : after.config.prepare.directories) {
    const auto& old = before.config.prepare.directories;
    const bool known = std::any_of(old.begin(), old.end(), [&](const stack::Directory& item) {
      return item.path == directory.path && item.owner == directory.owner && item.mode == directory.mode;
    });
    if (!known)
      out.push_back("directory " + directory.path + " (" + directory.owner + ", " + directory.mode + ")");
  }
  for (const stack::Route& route : after.config.routes) {
    const auto& old = before.config.routes;
    const bool known = std::any_of(old.begin(), old.end(), [&](const stack::Route& item) {
      return item.domain == route.domain && item.upstream == route.upstream && item.tls == route.tls &&
             item.basic_auth == route.basic_auth;
    });
    if (!known) out.push_back("route " + route.domain);
  }
  for (const stack::Route& route : before.config.routes) {
    const auto& now = after.config.routes;
    if (std::none_of(now.begin(), now.end(), [&](const auto& item) { return item.domain == route.domain; })) {
      out.push_back("no route " + route.domain);
    }
  }
  if (before.config.description != after.config.description) out.push_back("description");
  return out;
}

// The files of a directory of the repository that containers mount. Which containers is said by their labels.
void compare_files(std::vector<std::string>& out, const std::string& name,
                   const compose::TrackedDirectory& before, const compose::TrackedDirectory& after) {
  constexpr std::size_t kMost = 5;
  std::vector<std::string> lines;
  for (const auto& [file, content] : after.files) {
    const auto old = before.files.find(file);
    if (old == before.files.end()) {
      lines.push_back("file + " + name + '/' + file);
    } else if (!(old->second == content)) {
      lines.push_back("file ~ " + name + '/' + file);
    }
  }
  for (const auto& [file, content] : before.files) {
    if (after.files.count(file) == 0) lines.push_back("file - " + name + '/' + file);
  }
  const std::size_t shown = lines.size() > kMost ? kMost - 1 : lines.size();
  out.insert(out.end(), lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(shown));
  if (shown < lines.size())
    out.push_back("and " + std::to_string(lines.size() - shown) + " more files of " + name);
}

// Networks and volumes of the project, and files given to containers.
std::vector<std::string> project_differences(const Stack& before, const Stack& after) {
  std::vector<std::string> out;
  for (const auto& [name, service] : after.project.services) {
    const auto old = before.project.services.find(name);
    if (old == before.project.services.end()) continue;
    if (old->second.depends_on != service.depends_on) out.push_back("start order of " + name + " changed");
    if (old->second.pull_policy != service.pull_policy) out.push_back("pull policy of " + name + " changed");
  }
  for (std::string& reason : resource_differences(before, after)) out.push_back(std::move(reason));
  if (before.config.prepare.commands != after.config.prepare.commands ||
      before.config.prepare.variables != after.config.prepare.variables)
    out.push_back("prepare.commands changed");
  if (before.config.registry_login != after.config.registry_login) out.push_back("registry login changed");
  for (const auto& [name, directory] : after.project.directories) {
    const auto old = before.project.directories.find(name);
    if (old == before.project.directories.end()) {
      out.push_back("directory + " + name);
    } else {
      compare_files(out, name, old->second, directory);
    }
  }
  for (const layout::Asset& asset : after.assets) {
    const auto old = std::find_if(before.assets.begin(), before.assets.end(),
                                  [&](const layout::Asset& item) { return item.name == asset.name; });
    if (old == before.assets.end()) {
      out.push_back("file + " + asset.name);
    } else if (old->content != asset.content) {
      out.push_back("file ~ " + asset.name);
    }
  }
  return out;
}

StackChange whole(const StackPair& pair, const Stack& stack, Action action) {
  StackChange out{pair.name, stack.style, action, action, {}, {}};
  for (const auto& [name, service] : stack.project.services) {
    out.services.push_back({name, action, {"image " + service.image}});
  }
  return out;
}

}  // namespace

void settle_action(StackChange& change, const Stack& after) {
  if (change.action == Action::create || change.action == Action::remove || change.action == Action::restart)
    return;
  const bool containers = std::any_of(change.services.begin(), change.services.end(),
                                      [](const ServiceChange& item) { return item.action != Action::none; });
  // In style compose the provider recreates the changed containers in place; in style oci each container is a
  // unit.
  if (containers) change.action = after.style == stack::Style::compose ? Action::reload : Action::restart;
  change.needed = change.action;
}

StackChange compare_stack(const StackPair& pair) {
  if (!pair.after) {
    if (!pair.before) return {pair.name, stack::Style::compose, Action::remove, Action::remove, {}, {}};
    return whole(pair, *pair.before, Action::remove);
  }
  if (pair.before_unreadable) {
    StackChange out = whole(pair, *pair.after, Action::restart);
    out.reasons.push_back("what was deployed can no longer be read: compared as files");
    return out;
  }
  if (!pair.before) return whole(pair, *pair.after, Action::create);
  const Stack& before = *pair.before;
  const Stack& after = *pair.after;
  if (before.style != after.style) {
    StackChange out = whole(pair, after, Action::restart);
    out.reasons.push_back(after.style == stack::Style::oci ? "style compose -> oci" : "style oci -> compose");
    return out;
  }
  StackChange out{pair.name, after.style, Action::none, Action::none, {}, compare_services(before, after)};
  const auto add = [&out](const std::vector<std::string>& reasons, Action least) {
    if (!reasons.empty() && static_cast<int>(out.action) < static_cast<int>(least)) out.action = least;
    out.reasons.insert(out.reasons.end(), reasons.begin(), reasons.end());
  };
  add(unit_differences(before, after), Action::restart);
  add(surrounding_differences(pair), Action::unit);
  add(project_differences(before, after),
      after.style == stack::Style::compose ? Action::reload : Action::unit);
  // In style oci every container requires the unit that runs the commands.
  if (before.prepare_unit() != after.prepare_unit()) {
    for (const auto& [name, service] : after.project.services)
      mark(out.services, name, Action::restart, "prepare.commands");
  }
  settle_action(out, after);
  out.needed = out.action;
  return out;
}

}  // namespace hwcsync::plan
