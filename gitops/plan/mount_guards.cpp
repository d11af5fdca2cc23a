#include "gitops/plan/mount_guards.hpp"

#include "gitops/lint/image.hpp"
#include "gitops/plan/data_places.hpp"
#include "src/base/text.hpp"

#include <algorithm>
#include <set>
#include <string>

namespace hwcsync::plan {
namespace {

using Mounts = std::map<std::string, DataMount>;
using Kind = DataPlace::Kind;

// Paths of the host that the stack's services mount at least so.
std::set<std::string> host_paths(const layout::Stack& stack, Access least) {
  std::set<std::string> out;
  for (const auto& [name, service] : stack.project.services) {
    for (const auto& [target, mount] : data_mounts(stack, service)) {
      if (mount.place.kind == Kind::host && (least == Access::read || !mount.read_only))
        out.insert(mount.place.name);
    }
  }
  return out;
}

bool holds(const Mounts& mounts, const DataPlace& place) {
  return std::any_of(mounts.begin(), mounts.end(),
                     [&](const auto& entry) { return entry.second.place == place; });
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
  const auto now = host_paths(after, Access::read);
  for (const std::string& source : host_paths(before, Access::write)) {
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

// Whether the service is a database whose files are there: where its image has them, or those of Bitnami and
// LinuxServer, or where it is told. Without a mount the image's own volume takes its place, which is empty.
bool keeps_data(const compose::Service& service, const std::string& target) {
  const lint::Database* known = lint::known_database(lint::parse_image(service.image));
  if (known == nullptr || known->data.empty()) return false;
  std::vector<std::string> places{std::string(known->data), "/bitnami", "/config"};
  const auto told = service.environment.find("PGDATA");
  if (told != service.environment.end()) places.push_back(told->second.compose_text());
  return std::any_of(places.begin(), places.end(), [&](const std::string& place) {
    return target.starts_with(place) || place.starts_with(target + '/');
  });
}

// A directory of the host that the service wrote to, where it now has something else, and which it does not
// mount elsewhere: a database has to find it in its place. Another directory of the host is what somebody
// wrote down.
void check_replaced(const std::string& who, const compose::Service& service, const Mounts& was,
                    const Mounts& now, const std::set<std::string>& declared, std::vector<Refusal>& out) {
  for (const auto& [target, mount] : was) {
    const auto instead = place_at(now, target);
    if (!mount.place.lasts() || mount.read_only || instead == mount.place || is_of_system(mount.place.name))
      continue;
    // What lay on a mount that is as it was: without it, that shows again.
    Mounts below = was;
    below.erase(target);
    if (instead && now.count(target) == 0 && place_at(below, target) == instead) continue;
    const bool database = keeps_data(service, target);
    const bool elsewhere = holds(now, mount.place);
    const bool host = mount.place.kind == Kind::host && declared.count(mount.place.name) == 0;
    // Volumes that nobody mounts have a guard of their own.
    if (!host && !(database && elsewhere)) continue;
    if (!database && (elsewhere || !instead)) continue;
    if (instead && instead->kind == Kind::host && !elsewhere) continue;
    out.push_back(
        {"data-replaced",
         who + ": " + target + " was " + described(mount.place) + " and is now " +
             (instead ? described(*instead) : "what the image has there") + ", without those files. " +
             (elsewhere ? "They are mounted elsewhere in the container; the database does not look there"
                        : "They stay in the old place; copy them when the stack is stopped"),
         "data-replaced:" + who});
    return;
  }
}

// Two places of a stack that change places: each is still mounted, and neither where its files belong.
void check_exchanged(const std::string& who, const Mounts& was, const Mounts& now,
                     const std::vector<Mounts>& all_before, const std::vector<Mounts>& all_after,
                     std::vector<Refusal>& out) {
  const auto anywhere = [](const std::vector<Mounts>& all, const DataPlace& place) {
    return std::any_of(all.begin(), all.end(), [&](const Mounts& mounts) { return holds(mounts, place); });
  };
  for (const auto& [target, mount] : was) {
    const auto other = now.find(target);
    if (other == now.end() || other->second.place == mount.place || !mount.place.lasts() ||
        !other->second.place.lasts() || (mount.read_only && other->second.read_only))
      continue;
    if (!anywhere(all_after, mount.place) || !anywhere(all_before, other->second.place)) continue;
    out.push_back({"mounts-exchanged",
                   who + ": " + target + " was " + described(mount.place) + " and is now " +
                       described(other->second.place) +
                       ", which was mounted elsewhere: each would be used as the other",
                   "mounts-exchanged:" + who});
    return;
  }
}

void check_services(const StackPair& pair, std::vector<Refusal>& out) {
  const auto all_of = [](const layout::Stack& stack) {
    std::vector<Mounts> all;
    for (const auto& [name, service] : stack.project.services) all.push_back(data_mounts(stack, service));
    return all;
  };
  // Places of the host that the Compose file declares as volumes.
  std::set<std::string> declared;
  for (const auto& [key, volume] : pair.before->project.volumes) {
    if (const DataPlace place = place_of(*pair.before, volume); place.kind == Kind::host)
      declared.insert(place.name);
  }
  const std::vector<Mounts> all_before = all_of(*pair.before);
  const std::vector<Mounts> all_after = all_of(*pair.after);
  for (const auto& [name, service] : pair.before->project.services) {
    const auto after = pair.after->project.services.find(name);
    if (after == pair.after->project.services.end()) continue;
    const Mounts was = data_mounts(*pair.before, service);
    const Mounts now = data_mounts(*pair.after, after->second);
    const std::string who = pair.name + '/' + name;
    check_replaced(who, after->second, was, now, declared, out);
    check_exchanged(who, was, now, all_before, all_after, out);
  }
}

}  // namespace

void check_mounts(const std::vector<StackPair>& pairs, std::vector<Refusal>& out) {
  for (const StackPair& pair : pairs) {
    if (!pair.before || !pair.after) continue;
    check_owners(pair, out);
    check_services(pair, out);
  }
}

}  // namespace hwcsync::plan
