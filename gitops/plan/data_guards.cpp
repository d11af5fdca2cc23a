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

bool are_alike(const compose::Service& a, const compose::Service& b) {
  const lint::Database* one = database_of(a);
  const lint::Database* other = database_of(b);
  // Images of one server speak on one port: postgres, pgvector and timescaledb read each other's files.
  return one != nullptr && other != nullptr && one->port == other->port;
}

// What podman knows it by, whatever the Compose file calls it.
std::string source_of(const layout::Stack& stack, const compose::Mount& mount) {
  const auto volume = stack.project.volumes.find(mount.source);
  const bool named = mount.type == compose::Mount::Type::volume && volume != stack.project.volumes.end();
  return named ? volume->second.name : mount.source;
}

std::set<std::string> sources_of(const layout::Stack& stack, const compose::Service& service) {
  std::set<std::string> out;
  for (const compose::Mount& mount : service.volumes) {
    if (!mount.source.empty()) out.insert(source_of(stack, mount));
  }
  return out;
}

// What was this database: the service of its name, else one of its kind that had its files.
const compose::Service* predecessor_of(const StackPair& pair, const compose::Service& service) {
  const auto& before = pair.before->project.services;
  const auto same = before.find(service.name);
  if (same != before.end() && are_alike(same->second, service)) return &same->second;
  const auto now = sources_of(*pair.after, service);
  for (const auto& [name, old] : before) {
    if (!are_alike(old, service)) continue;
    for (const std::string& source : sources_of(*pair.before, old)) {
      if (now.count(source) != 0) return &old;
    }
  }
  return nullptr;
}

void check_databases(const StackPair& pair, std::vector<Refusal>& out) {
  for (const auto& [name, service] : pair.after->project.services) {
    const compose::Service* old = database_of(service) == nullptr ? nullptr : predecessor_of(pair, service);
    if (old == nullptr || old->image == service.image) continue;
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

// Names of the volumes that the service mounts, also by volumes_from.
std::set<std::string> volumes_of(const layout::Stack& stack, const compose::Service& service, int depth = 0) {
  constexpr int kDeepest = 8;
  std::set<std::string> out;
  for (const compose::Mount& mount : service.volumes) {
    if (mount.type == compose::Mount::Type::volume && !mount.source.empty())
      out.insert(source_of(stack, mount));
  }
  for (const compose::VolumesFrom& from : service.volumes_from) {
    const auto other = stack.project.services.find(from.from);
    if (from.container || depth == kDeepest || other == stack.project.services.end()) continue;
    out.merge(volumes_of(stack, other->second, depth + 1));
  }
  return out;
}

bool writes(const layout::Stack& stack, const compose::Service& service, const std::string& volume) {
  return std::any_of(service.volumes.begin(), service.volumes.end(), [&](const compose::Mount& mount) {
    return mount.type == compose::Mount::Type::volume && !mount.read_only &&
           source_of(stack, mount) == volume;
  });
}

bool is_used(const layout::Stack& stack, const std::string& volume) {
  const auto& services = stack.project.services;
  return std::any_of(services.begin(), services.end(), [&](const auto& service) {
    return volumes_of(stack, service.second).count(volume) != 0;
  });
}

// A service that wrote to the volume, is still there, and mounts it no more; empty: none.
std::string loser_of(const StackPair& pair, const std::string& volume) {
  const auto& after = pair.after->project.services;
  for (const auto& [name, service] : pair.before->project.services) {
    const auto now = after.find(name);
    if (now != after.end() && writes(*pair.before, service, volume) &&
        volumes_of(*pair.after, now->second).count(volume) == 0)
      return name;
  }
  return "";
}

// The same data is there only under the same name in the same user's store.
void check_volumes(const StackPair& pair, std::vector<Refusal>& out) {
  for (const auto& [key, volume] : pair.before->project.volumes) {
    const auto& after = pair.after->project.volumes;
    const auto now = after.find(key);
    const bool renamed = now != after.end() && now->second.name != volume.name;
    // Somebody else's, which that one may go on using.
    if (volume.external && !renamed) continue;
    const std::string ack = "volume-removed:" + pair.name + '/' + key;
    const std::string loser = loser_of(pair, volume.name);
    const bool forgotten =
        !is_used(*pair.after, volume.name) && (now == after.end() || is_used(*pair.before, volume.name));
    if (!renamed && (forgotten || !loser.empty())) {
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
    } else if (renamed || pair.before->user != pair.after->user) {
      out.push_back({"volume-removed",
                     pair.name + ": volume '" + key + "' is now " +
                         (now == after.end() ? volume : now->second).name + " of " + pair.after->user +
                         " and was " + volume.name + " of " + pair.before->user +
                         ": it starts empty. The data of the old one stays, but no container sees it",
                     ack});
    }
  }
}

// Volumes that change places within a service: each is still mounted, and neither where its files belong.
void check_exchanged(const StackPair& pair, std::vector<Refusal>& out) {
  const auto places_of = [](const layout::Stack& stack, const compose::Service& service) {
    std::map<std::string, std::string> places;
    for (const compose::Mount& mount : service.volumes) {
      if (mount.type == compose::Mount::Type::volume && !mount.source.empty())
        places[mount.target] = source_of(stack, mount);
    }
    return places;
  };
  for (const auto& [name, service] : pair.before->project.services) {
    const auto after = pair.after->project.services.find(name);
    if (after == pair.after->project.services.end()) continue;
    const auto was = places_of(*pair.before, service);
    const auto now = places_of(*pair.after, after->second);
    for (const auto& [target, volume] : was) {
      const auto other = now.find(target);
      if (other == now.end() || other->second == volume) continue;
      const auto has = [](const auto& places, const std::string& wanted) {
        return std::any_of(places.begin(), places.end(),
                           [&](const auto& place) { return place.second == wanted; });
      };
      if (!has(now, volume) || !has(was, other->second)) continue;
      out.push_back({"volumes-exchanged",
                     pair.name + '/' + name + ": " + target + " was volume " + volume + " and is now " +
                         other->second + ", which was mounted elsewhere: each would be used as the other",
                     "volumes-exchanged:" + pair.name + '/' + name});
      break;
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

// A directory that got another name is one stack that goes and one that comes, and both have a service that
// is no database: strangers may share a "db".
bool is_renamed(const layout::Stack& gone, const layout::Stack& came) {
  bool only_databases = true;
  bool shared = false;
  for (const auto& [name, service] : came.project.services) {
    const auto old = gone.project.services.find(name);
    if (old == gone.project.services.end() ||
        lint::parse_image(old->second.image).name != lint::parse_image(service.image).name)
      continue;
    shared = true;
    only_databases = only_databases && database_of(service) != nullptr;
  }
  const bool whole = gone.project.services.size() == 1 && came.project.services.size() == 1;
  return shared && (!only_databases || whole);
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
    check_exchanged(pair, out);
  }
  check_renamed(pairs, out);
}

}  // namespace hwcsync::plan
