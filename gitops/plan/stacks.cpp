#include "gitops/plan/stacks.hpp"

#include "gitops/plan/dependencies.hpp"
#include "gitops/plan/resources.hpp"
#include "gitops/plan/services.hpp"
#include "gitops/plan/settings.hpp"
#include "src/base/text.hpp"

#include <algorithm>
#include <set>

namespace hwcsync::plan {
namespace {

using layout::Stack;

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

// "start order of web: + db", "start order of web: ~ db".
void compare_start_order(std::vector<std::string>& out, const compose::Service& before,
                         const compose::Service& after) {
  const std::string what = "start order of " + after.name + ": ";
  for (const auto& [name, dependency] : after.depends_on) {
    const auto old = before.depends_on.find(name);
    if (old == before.depends_on.end()) {
      out.push_back(what + "+ " + name);
    } else if (!(old->second == dependency)) {
      out.push_back(what + "~ " + name);
    }
  }
  for (const auto& [name, dependency] : before.depends_on) {
    if (after.depends_on.count(name) == 0) out.push_back(what + "- " + name);
  }
}

void compare_login(std::vector<std::string>& out, const std::optional<stack::RegistryLogin>& before,
                   const std::optional<stack::RegistryLogin>& after) {
  const stack::RegistryLogin was = before.value_or(stack::RegistryLogin{});
  const stack::RegistryLogin now = after.value_or(stack::RegistryLogin{});
  compare_text(out, "registry login: registry", was.registry, now.registry);
  compare_text(out, "registry login: username", was.username, now.username);
  compare_text(out, "registry login: password", was.password, now.password);
}

// Of the configs or secrets that the Compose file declares: "config a: name, content".
void compare_declared(std::vector<std::string>& out, const std::string& what, const Yaml* before,
                      const Yaml* after) {
  static const Yaml kNone = Yaml::mapping();
  const Yaml& was = before == nullptr ? kNone : *before;
  const Yaml& now = after == nullptr ? kNone : *after;
  for (const Yaml::Entry& entry : now.entries) {
    const Yaml* old = was.find(entry.key);
    if (old == nullptr) {
      out.push_back(what + " + " + entry.key);
      continue;
    }
    std::set<std::string> known;
    for (const Yaml* one : {old, &entry.value}) {
      for (const Yaml::Entry& below : one->entries) known.insert(below.key);
    }
    std::vector<std::string> keys(known.begin(), known.end());
    std::erase_if(keys, [&](const std::string& key) {
      const Yaml* a = old->find(key);
      const Yaml* b = entry.value.find(key);
      return a != nullptr && b != nullptr && write_yaml(*a) == write_yaml(*b);
    });
    if (!keys.empty()) out.push_back(what + ' ' + entry.key + ": " + join(keys, ", "));
  }
  for (const Yaml::Entry& entry : was.entries) {
    if (now.find(entry.key) == nullptr) out.push_back(what + " - " + entry.key);
  }
}

// Networks and volumes of the project, and files given to containers.
std::vector<std::string> project_differences(const Stack& before, const Stack& after) {
  std::vector<std::string> out;
  for (const auto& [name, service] : after.project.services) {
    const auto old = before.project.services.find(name);
    if (old == before.project.services.end()) continue;
    compare_start_order(out, old->second, service);
    if (after.style == stack::Style::compose)
      compare_text(out, "pull policy of " + name, old->second.pull_policy, service.pull_policy);
  }
  for (std::string& reason : resource_differences(before, after)) out.push_back(std::move(reason));
  if (before.config.prepare.commands != after.config.prepare.commands ||
      before.config.prepare.variables != after.config.prepare.variables)
    out.push_back("prepare.commands changed");
  compare_login(out, before.config.registry_login, after.config.registry_login);
  if (after.style == stack::Style::compose) {
    compare_declared(out, "config", before.project.canonical.find("configs"),
                     after.project.canonical.find("configs"));
    compare_declared(out, "secret", before.project.canonical.find("secrets"),
                     after.project.canonical.find("secrets"));
  }
  for (const auto& [name, directory] : after.project.directories) {
    const auto old = before.project.directories.find(name);
    if (old == before.project.directories.end()) {
      out.push_back("directory + " + name);
    } else {
      compare_files(out, name, old->second, directory);
    }
  }
  for (const auto& [name, directory] : before.project.directories) {
    if (after.project.directories.count(name) == 0) out.push_back("directory - " + name);
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
  for (const layout::Asset& asset : before.assets) {
    if (std::none_of(after.assets.begin(), after.assets.end(),
                     [&](const layout::Asset& item) { return item.name == asset.name; }))
      out.push_back("file - " + asset.name);
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

// Images, containers and networks of podman are there only under the same user, in the same place.
std::string moved_to(const Stack& before, const Stack& after) {
  if (is_moved(before, after))
    return "made anew in " + storage_of(after.user, after.account).path +
           ", with images pulled again; what is in the old place stays there";
  const bool other = before.user != after.user || before.account.uid != after.account.uid;
  return other ? "made anew in the store of " + after.user : "";
}

// The containers that were there before; others start anyway.
void restart_all(std::vector<ServiceChange>& changes, const Stack& before, const Stack& after,
                 const std::string& reason) {
  for (const auto& [name, service] : after.project.services) {
    if (before.project.services.count(name) != 0) mark(changes, name, Action::restart, reason);
  }
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

void count_release(StackChange& change, const StackPair& pair, const stack::Release& before,
                   const stack::Release& after) {
  if (!pair.before || !pair.after || pair.after->style != stack::Style::oci || before.is_like(after)) return;
  restart_all(change.services, *pair.before, *pair.after,
              "its unit is written for NixOS " + after.text() + " instead of " + before.text());
  settle_action(change, *pair.after);
}

StackChange compare_stack(const StackPair& pair) {
  if (!pair.after) {
    if (!pair.before) return {pair.name, stack::Style::compose, Action::remove, Action::remove, {}, {}};
    return whole(pair, *pair.before, Action::remove);
  }
  if (pair.before_unreadable) {
    StackChange out = whole(pair, *pair.after, Action::restart);
    out.reasons.push_back(
        "what was deployed can no longer be read: compared as files, without its volumes, owners and "
        "database versions");
    return out;
  }
  if (!pair.before) return whole(pair, *pair.after, Action::create);
  const Stack& before = *pair.before;
  const Stack& after = *pair.after;
  if (before.style != after.style) {
    StackChange out{pair.name,       after.style, Action::restart,
                    Action::restart, {},          compare_services(before, after)};
    out.reasons.push_back(after.style == stack::Style::oci ? "style compose -> oci" : "style oci -> compose");
    for (std::string& reason : unit_differences(before, after)) out.reasons.push_back(std::move(reason));
    restart_all(out.services, before, after, "made anew in the other style");
    for (std::string& reason : port_differences(before, after)) out.reasons.push_back(std::move(reason));
    return out;
  }
  StackChange out{pair.name, after.style, Action::none, Action::none, {}, compare_services(before, after)};
  const auto add = [&out](const std::vector<std::string>& reasons, Action least) {
    if (!reasons.empty() && static_cast<int>(out.action) < static_cast<int>(least)) out.action = least;
    out.reasons.insert(out.reasons.end(), reasons.begin(), reasons.end());
  };
  const std::vector<std::string> of_unit = unit_differences(before, after);
  add(of_unit, Action::restart);
  if (!of_unit.empty()) {
    const std::string moved = moved_to(before, after);
    restart_all(out.services, before, after, moved.empty() ? "with the stack's units" : moved);
  }
  add(port_differences(before, after), Action::restart);
  add(surrounding_differences(pair), Action::unit);
  add(project_differences(before, after),
      after.style == stack::Style::compose ? Action::reload : Action::unit);
  // In style oci every container logs in before it starts.
  if (after.style == stack::Style::oci && !(before.config.registry_login == after.config.registry_login))
    restart_all(out.services, before, after, "registry login");
  // In style oci every container requires the unit that runs the commands.
  // Its unit comes after the view, or no longer.
  if (after.style == stack::Style::compose && before.secrets.empty() != after.secrets.empty()) {
    add({before.secrets.empty() ? "the first secret" : "no secret any more"}, Action::restart);
    restart_all(out.services, before, after, "with the stack's unit");
  }
  const bool prepares = after.style == stack::Style::oci && !after.prepare_unit().empty();
  const bool rewritten =
      start_limit(before, 300) != start_limit(after, 300) || before.secrets.empty() != after.secrets.empty();
  if (before.prepare_unit() != after.prepare_unit() || (prepares && rewritten))
    restart_all(out.services, before, after, "prepare.commands");
  settle_action(out, after);
  out.needed = out.action;
  return out;
}

}  // namespace hwcsync::plan
