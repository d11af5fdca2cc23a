#include "gitops/plan/data_guards.hpp"

#include "gitops/lint/image.hpp"
#include "gitops/plan/resources.hpp"
#include "gitops/plan/settings.hpp"
#include "src/base/text.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace hwcsync::plan {
namespace {

// The server's version where the tag names it apart ("2.1-pg15"), else the first number.
std::optional<int> version_in(const std::string& tag) {
  const auto number_at = [&tag](std::size_t at) -> std::optional<int> {
    int out = 0;
    std::size_t digits = 0;
    for (; at < tag.size() && digits < 6 && tag[at] >= '0' && tag[at] <= '9'; ++at, ++digits)
      out = out * 10 + (tag[at] - '0');
    return digits == 0 ? std::nullopt : std::optional<int>(out);
  };
  for (auto at = tag.find("pg"); at != std::string::npos; at = tag.find("pg", at + 1)) {
    if (const auto found = number_at(at + 2)) return found;
  }
  return number_at(tag.rfind('v', 0) == 0 ? 1 : 0);
}

// Of those that keep something.
const lint::Database* database_of(const compose::Service& service) {
  const lint::Database* found = lint::known_database(lint::parse_image(service.image));
  return found == nullptr || found->name == "memcached" ? nullptr : found;
}

std::set<std::string> sources_of(const compose::Service& service) {
  std::set<std::string> out;
  for (const compose::Mount& mount : service.volumes) {
    if (!mount.source.empty()) out.insert(mount.source);
  }
  return out;
}

// What was this database: one of its kind that is gone and had its files, else the service of its name.
const compose::Service* predecessor_of(const StackPair& pair, const compose::Service& service) {
  const auto& before = pair.before->project.services;
  const auto same = before.find(service.name);
  if (same != before.end()) return &same->second;
  const auto now = sources_of(service);
  for (const auto& [name, old] : before) {
    if (pair.after->project.services.count(name) != 0 || database_of(old) != database_of(service)) continue;
    for (const std::string& source : sources_of(old)) {
      if (now.count(source) != 0) return &old;
    }
  }
  return nullptr;
}

void check_databases(const StackPair& pair, std::vector<Refusal>& out) {
  for (const auto& [name, service] : pair.after->project.services) {
    const compose::Service* old = database_of(service) == nullptr ? nullptr : predecessor_of(pair, service);
    if (old == nullptr || database_of(*old) != database_of(service) || old->image == service.image) continue;
    const auto was = database_major(old->image);
    const auto now = database_major(service.image);
    if (was == now) continue;
    const auto word = [](const std::optional<int>& version) {
      return version ? "version " + std::to_string(*version)
                     : std::string("a version that its tag does not tell");
    };
    out.push_back({"database-major",
                   pair.name + '/' + name + ": the database goes from " + word(was) + " to " + word(now) +
                       ", and its data files may not be readable by both",
                   "database-major:" + pair.name + '/' + name});
  }
}

// volumes_from brings what another service has.
bool mounts(const compose::Service& service, const std::string& volume) {
  return !service.volumes_from.empty() ||
         std::any_of(service.volumes.begin(), service.volumes.end(), [&](const compose::Mount& mount) {
           return mount.type == compose::Mount::Type::volume && mount.source == volume;
         });
}

bool writes(const compose::Service& service, const std::string& volume) {
  return std::any_of(service.volumes.begin(), service.volumes.end(), [&](const compose::Mount& mount) {
    return mount.type == compose::Mount::Type::volume && mount.source == volume && !mount.read_only;
  });
}

bool is_used(const layout::Stack& stack, const std::string& volume) {
  const auto& services = stack.project.services;
  return std::any_of(services.begin(), services.end(),
                     [&](const auto& service) { return mounts(service.second, volume); });
}

// A service that wrote to the volume, is still there, and mounts it no more; empty: none.
std::string loser_of(const StackPair& pair, const std::string& volume) {
  const auto& after = pair.after->project.services;
  for (const auto& [name, service] : pair.before->project.services) {
    const auto now = after.find(name);
    if (now != after.end() && writes(service, volume) && !mounts(now->second, volume)) return name;
  }
  return "";
}

// The same data is there only under the same name in the same user's store.
void check_volumes(const StackPair& pair, std::vector<Refusal>& out) {
  for (const auto& [key, volume] : pair.before->project.volumes) {
    const auto& after = pair.after->project.volumes;
    const auto now = after.find(key);
    const std::string ack = "volume-removed:" + pair.name + '/' + key;
    const std::string loser = loser_of(pair, key);
    const bool forgotten = is_used(*pair.before, key) && !is_used(*pair.after, key);
    if (now == after.end() || !loser.empty() || forgotten) {
      out.push_back({"volume-removed",
                     pair.name + ": volume '" + key + "' is no longer " +
                         (loser.empty() ? "used; its data stays, but no container sees it"
                                        : "mounted by " + loser + "; its data stays, but " + loser +
                                              " does not see it"),
                     ack});
    } else if (is_moved(*pair.before, *pair.after)) {
      const auto place = [](const layout::Stack& stack) {
        return described(storage_of(stack.user, stack.account));
      };
      out.push_back({"volume-removed",
                     pair.name + ": volume '" + key + "' starts empty, because the storage of " +
                         pair.after->user + " goes from " + place(*pair.before) + " to " +
                         place(*pair.after) +
                         ". The data of the old one stays in the old place, but no container sees it",
                     ack});
    } else if (now->second.name != volume.name || pair.before->user != pair.after->user) {
      out.push_back({"volume-removed",
                     pair.name + ": volume '" + key + "' is now " + now->second.name + " of " +
                         pair.after->user + " and was " + volume.name + " of " + pair.before->user +
                         ": it starts empty. The data of the old one stays, but no container sees it",
                     ack});
    }
  }
}

void check_changed_volumes(const StackPair& pair, std::vector<Refusal>& out) {
  for (const std::string& key : changed_volumes(*pair.before, *pair.after)) {
    const std::string& name = pair.after->project.volumes.at(key).name;
    out.push_back(
        {"volume-changed",
         pair.name + ": volume '" + key +
             "' is asked for with other settings than it was made with; podman cannot change them "
             "and hwcsync removes no data, so its containers would not start. Save it (podman volume "
             "export " +
             name + " -o FILE" + (pair.after->is_rootless() ? ", as " + pair.after->user : "") +
             "), stop its containers, remove it (podman volume rm " + name +
             ") and go on; or give the new one another name, or take the change back",
         "volume-changed:" + pair.name + '/' + key});
  }
}

// A directory that got another name is one stack that goes and one that comes, with the same services.
// Strangers may share a "db".
bool is_renamed(const layout::Stack& gone, const layout::Stack& came) {
  const auto& was = gone.project.services;
  const auto& now = came.project.services;
  return was.size() == now.size() &&
         std::equal(was.begin(), was.end(), now.begin(), [](const auto& a, const auto& b) {
           return a.first == b.first &&
                  lint::parse_image(a.second.image).name == lint::parse_image(b.second.image).name;
         });
}

void check_renamed(const std::vector<StackPair>& pairs, std::vector<Refusal>& out) {
  for (const StackPair& gone : pairs) {
    if (!gone.before || gone.after) continue;
    for (const StackPair& came : pairs) {
      if (came.before || !came.after || came.before_unreadable || !is_renamed(*gone.before, *came.after))
        continue;
      check_databases({.name = came.name, .before = gone.before, .after = came.after}, out);
      for (const auto& [key, volume] : gone.before->project.volumes) {
        const auto now = came.after->project.volumes.find(key);
        if (now == came.after->project.volumes.end()) continue;
        if (now->second.name == volume.name && gone.before->user == came.after->user) continue;
        out.push_back({"volume-removed",
                       gone.name + " goes and " + came.name + " comes with the same service: volume '" + key +
                           "' is now " + now->second.name + " of " + came.after->user + " and was " +
                           volume.name + " of " + gone.before->user + ": it starts empty. 'project: " +
                           gone.before->project.name + "' in the new stack.yaml keeps the old one",
                       "volume-removed:" + came.name + '/' + key});
      }
    }
  }
}

std::map<std::string, std::string> binds_of(const compose::Service& service) {
  std::map<std::string, std::string> out;  // by target
  for (const compose::Mount& mount : service.volumes) {
    if (mount.type == compose::Mount::Type::bind && !mount.read_only) out.emplace(mount.target, mount.source);
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
  for (const auto& [name, service] : after.project.services) {
    const auto old = before.project.services.find(name);
    if (old == before.project.services.end()) continue;
    const auto was = binds_of(old->second);
    for (const auto& [target, source] : binds_of(service)) {
      const auto known = was.find(target);
      if (known == was.end()) continue;
      if (known->second == source && other_ids && !is_of_system(source)) kept.insert(source);
      if (is_of_home(known->second, before, source, after)) moved.insert(known->second + " -> " + source);
    }
  }
  const auto listed = [](const std::set<std::string>& items) {
    return join(std::vector<std::string>(items.begin(), items.end()), ", ");
  };
  const std::string who = before.user == after.user
                              ? "the home of " + after.user + " is another"
                              : pair.name + " goes from " + before.user + " to " + after.user;
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
         pair.name + ": " + who + ", and with it what containers mount: " + listed(moved) +
             ". The files stay in the old place; move them when the stack is stopped, or name the place "
             "without '~'",
         "bind-moved:" + pair.name});
}

}  // namespace

std::optional<int> database_major(const std::string& image) {
  const lint::Image parsed = lint::parse_image(image);
  return lint::known_database(parsed) == nullptr ? std::nullopt : version_in(parsed.tag);
}

void check_data(const std::vector<StackPair>& pairs, std::vector<Refusal>& out) {
  for (const StackPair& pair : pairs) {
    if (!pair.before || !pair.after) continue;
    check_databases(pair, out);
    check_volumes(pair, out);
    check_changed_volumes(pair, out);
    check_owners(pair, out);
  }
  check_renamed(pairs, out);
}

}  // namespace hwcsync::plan
