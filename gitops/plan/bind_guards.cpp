#include "gitops/plan/bind_guards.hpp"

#include "src/base/text.hpp"

#include <set>
#include <string>

namespace hwcsync::plan {
namespace {

std::set<std::string> binds_of(const layout::Stack& stack) {
  std::set<std::string> out;
  for (const auto& [name, service] : stack.project.services) {
    for (const compose::Mount& mount : service.volumes) {
      if (mount.type == compose::Mount::Type::bind && !mount.read_only) out.insert(mount.source);
    }
  }
  return out;
}

// "/home/a/x" and "/home/b/x": "~/x" under two homes.
bool is_of_home(const std::string& was, const layout::Stack& before, const std::string& now,
                const layout::Stack& after) {
  const std::string& old_home = before.account.home;
  const std::string& home = after.account.home;
  return old_home != home && was.rfind(old_home + '/', 0) == 0 && now == home + was.substr(old_home.size());
}

// Sockets, the time zone, devices: nobody's to give away.
bool is_of_system(const std::string& path) {
  for (const char* directory :
       {"/dev/", "/etc/", "/nix/", "/proc/", "/run/", "/sys/", "/usr/", "/var/run/"}) {
    if (path.rfind(directory, 0) == 0) return true;
  }
  return false;
}

// Files of the host that a stack mounts belong to ids of the user it ran as, and "~" is that user's home.
void check_owners(const StackPair& pair, std::vector<Refusal>& out) {
  const layout::Stack& before = *pair.before;
  const layout::Stack& after = *pair.after;
  const bool other_ids = before.user != after.user && (before.account.uid != after.account.uid ||
                                                       before.account.sub_ids != after.account.sub_ids);
  std::set<std::string> kept;
  std::set<std::string> moved;
  const auto now = binds_of(after);
  for (const std::string& source : binds_of(before)) {
    if (now.count(source) != 0) {
      if (other_ids && !is_of_system(source)) kept.insert(source);
      continue;
    }
    for (const std::string& other : now) {
      if (is_of_home(source, before, other, after)) moved.insert(source + " -> " + other);
    }
  }
  const auto listed = [](const std::set<std::string>& items) {
    return join(std::vector<std::string>(items.begin(), items.end()), ", ");
  };
  const std::string who =
      pair.name + (before.user == after.user ? ": the home of " + after.user + " is another"
                                             : " goes from " + before.user + " to " + after.user);
  if (!kept.empty())
    out.push_back(
        {"owner-changed",
         who + ", and the files below " + listed(kept) +
             " keep the owners that they have: the containers of " + after.user +
             " may not be able to read or write them. Give them their new owners by hand (chown) when "
             "the stack is stopped",
         "owner-changed:" + pair.name});
  if (!moved.empty())
    out.push_back(
        {"bind-moved",
         who + ", and with it what containers mount: " + listed(moved) +
             ". The files stay in the old place; move them when the stack is stopped, or name the place "
             "without '~'",
         "bind-moved:" + pair.name});
}

// A directory of the host that the service wrote to, where it now has a volume, and does not mount elsewhere.
void check_replaced(const StackPair& pair, std::vector<Refusal>& out) {
  const auto& services = pair.after->project.services;
  for (const auto& [name, service] : pair.before->project.services) {
    const auto now = services.find(name);
    if (now == services.end()) continue;
    std::set<std::string> kept;
    for (const compose::Mount& mount : now->second.volumes) kept.insert(mount.source);
    for (const compose::Mount& was : service.volumes) {
      if (was.type != compose::Mount::Type::bind || was.read_only || is_of_system(was.source) ||
          kept.count(was.source) != 0)
        continue;
      for (const compose::Mount& mount : now->second.volumes) {
        if (mount.type != compose::Mount::Type::volume || mount.target != was.target) continue;
        out.push_back(
            {"bind-replaced",
             pair.name + '/' + name + ": " + was.target + " was " + was.source + " of the host and is now " +
                 (mount.source.empty() ? "a volume without a name" : "volume '" + mount.source + '\'') +
                 ", which does not have those files. They stay in the old place; copy them when the "
                 "stack is stopped",
             "bind-replaced:" + pair.name + '/' + name});
      }
    }
  }
}

}  // namespace

void check_binds(const std::vector<StackPair>& pairs, std::vector<Refusal>& out) {
  for (const StackPair& pair : pairs) {
    if (!pair.before || !pair.after) continue;
    check_owners(pair, out);
    check_replaced(pair, out);
  }
}

}  // namespace hwcsync::plan
