#include "gitops/plan/data_guards.hpp"

#include "gitops/lint/image.hpp"
#include "gitops/plan/data_places.hpp"
#include "gitops/plan/resources.hpp"
#include "gitops/plan/settings.hpp"
#include "src/base/text.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace hwcsync::plan {
namespace {

bool shares_data(const std::map<std::string, DataMount>& a, const std::map<std::string, DataMount>& b) {
  return std::any_of(a.begin(), a.end(), [&](const auto& one) {
    return one.second.place.lasts() && std::any_of(b.begin(), b.end(), [&](const auto& other) {
             return other.second.place == one.second.place;
           });
  });
}

struct Version {
  int first = 0;
  std::optional<int> second;
  bool operator==(const Version&) const = default;
};

// The server's version where the tag names it apart ("2.1-pg15"), else its first numbers.
std::optional<Version> version_in(const std::string& tag) {
  const auto number_at = [&tag](std::size_t& at) -> std::optional<int> {
    int out = 0;
    const std::size_t start = at;
    for (; at < tag.size() && at - start < 6 && tag[at] >= '0' && tag[at] <= '9'; ++at)
      out = out * 10 + (tag[at] - '0');
    return at == start ? std::nullopt : std::optional<int>(out);
  };
  const auto version_at = [&](std::size_t at) -> std::optional<Version> {
    const auto first = number_at(at);
    if (!first) return std::nullopt;
    if (at < tag.size() && tag[at] == '.') return Version{*first, number_at(++at)};
    return Version{*first, std::nullopt};
  };
  for (auto at = tag.find("pg"); at != std::string::npos; at = tag.find("pg", at + 1)) {
    if (const auto found = version_at(at + 2)) return found;
  }
  for (const std::string_view prefix : {"version-", "v"}) {
    if (tag.starts_with(prefix)) return version_at(prefix.size());
  }
  return version_at(0);
}

// What of a version its data files depend on: of MySQL, MariaDB and the old PostgreSQL and MongoDB two
// numbers.
std::optional<Version> series_of(const lint::Database& database, std::optional<Version> version) {
  const bool two = database.port == 3306 || (version && database.port == 27017 && version->first < 5) ||
                   (version && database.port == 5432 && version->first < 10);
  if (version && !two) version->second.reset();
  return version;
}

// Of those that keep something.
const lint::Database* database_of(const compose::Service& service) {
  const lint::Database* found = lint::known_database(lint::parse_image(service.image));
  return found == nullptr || found->data.empty() ? nullptr : found;
}

bool are_alike(const compose::Service& a, const compose::Service& b) {
  const lint::Database* one = database_of(a);
  const lint::Database* other = database_of(b);
  // Images of one server speak on one port: postgres, pgvector and timescaledb read each other's files.
  return one != nullptr && other != nullptr && one->port == other->port;
}

// Whether the numbers of both count the same thing. Valkey goes on from Redis, and MariaDB from MySQL, with
// numbers of their own.
bool count_alike(const compose::Service& a, const compose::Service& b) {
  constexpr int kPostgres = 5432;
  return database_of(a)->name == database_of(b)->name || database_of(a)->port == kPostgres;
}

// What was this database: the service of its name, else one of its kind that had its files.
const compose::Service* predecessor_of(const StackPair& pair, const compose::Service& service) {
  const auto& before = pair.before->project.services;
  const auto now = data_mounts(*pair.after, service);
  const auto had_them = [&](const compose::Service& old) {
    return shares_data(data_mounts(*pair.before, old), now);
  };
  const auto same = before.find(service.name);
  if (same != before.end() && database_of(same->second) != nullptr &&
      (are_alike(same->second, service) || had_them(same->second)))
    return &same->second;
  for (const auto& [name, old] : before) {
    if (are_alike(old, service) && had_them(old)) return &old;
  }
  return nullptr;
}

// Nothing where both images are of one version as far as their names tell.
std::string version_change(const compose::Service& before, const compose::Service& after) {
  const lint::Image old = lint::parse_image(before.image);
  const lint::Image now = lint::parse_image(after.image);
  const auto was = series_of(*database_of(before), version_in(old.tag));
  const auto is = series_of(*database_of(after), version_in(now.tag));
  // "8" may be any of the eights.
  const bool same_number =
      was && is && was->first == is->first && (!was->second || !is->second || was->second == is->second);
  const auto tag_of = [](const lint::Image& image) {
    return image.tag.empty() && image.digest.empty() ? "latest" : image.tag;
  };
  const bool same_tag =
      !was && !is && old.name == now.name && tag_of(old) == tag_of(now) && !tag_of(now).empty();
  const bool tells = are_alike(before, after) && count_alike(before, after) && (same_number || same_tag);
  if (before.image == after.image || tells) return "";
  const auto word = [](const compose::Service& service, const std::optional<Version>& version) {
    const std::string name(database_of(service)->name);
    if (!version) return name + " of a version that its image does not tell";
    return name + ' ' + std::to_string(version->first) +
           (version->second ? '.' + std::to_string(*version->second) : "");
  };
  return "from " + word(before, was) + " to " + word(after, is);
}

void check_databases(const StackPair& pair, std::vector<Refusal>& out) {
  for (const auto& [name, service] : pair.after->project.services) {
    const compose::Service* old = database_of(service) == nullptr ? nullptr : predecessor_of(pair, service);
    if (old == nullptr) continue;
    const std::string change = version_change(*old, service);
    if (change.empty()) continue;
    out.push_back({"database-major",
                   pair.name + '/' + name + ": the database goes " + change +
                       ", and its data files may not be readable by both",
                   "database-major:" + pair.name + '/' + name});
  }
}

// The services that mount the place, whatever part of it.
std::set<std::string> users_of(const layout::Stack& stack, const DataPlace& place, Access least) {
  std::set<std::string> out;
  for (const auto& [name, service] : stack.project.services) {
    for (const auto& [target, mount] : data_mounts(stack, service)) {
      const bool same = mount.place.kind == place.kind && mount.place.name == place.name &&
                        mount.place.store == place.store;
      if (same && (least == Access::read || !mount.read_only)) out.insert(name);
    }
  }
  return out;
}

// Why a volume of `before` is no longer seen by those who had it.
std::string why_unseen(const StackPair& pair, const compose::Volume& volume, const DataPlace& place,
                       const std::string& loser) {
  const layout::Stack& before = *pair.before;
  const layout::Stack& after = *pair.after;
  const auto whose = [](const DataPlace& what, const layout::Stack& stack) {
    return what.kind == DataPlace::Kind::volume ? what.name + " of " + stack.user : described(what);
  };
  std::optional<DataPlace> instead;
  for (const auto& [key, other] : after.project.volumes) {
    const DataPlace there = place_of(after, other);
    if (there.kind != place.kind || there.name != place.name || there.store == place.store) continue;
    if (is_moved(before, after)) {
      const auto where = [](const layout::Stack& stack) {
        return described(storage_of(stack.user, stack.account));
      };
      return "starts empty, because the storage of " + after.user + " goes from " + where(before) + " to " +
             where(after) + ". The data of the old one stays in the old place, but no container sees it";
    }
    instead = there;
  }
  const auto now = after.project.volumes.find(volume.key);
  if (!instead && now != after.project.volumes.end() && !(place_of(after, now->second) == place))
    instead = place_of(after, now->second);
  if (instead)
    return "is now " + whose(*instead, after) + " and was " + whose(place, before) +
           ": it starts empty. The data of the old one stays, but no container sees it";
  return loser.empty()
             ? "is no longer used; its data stays, but no container sees it"
             : "is no longer mounted by " + loser + "; its data stays, but " + loser + " does not see it";
}

// A volume that nobody mounts any more, or not the service that wrote to it and is still there.
void check_volumes(const StackPair& pair, std::vector<Refusal>& out) {
  for (const auto& [key, volume] : pair.before->project.volumes) {
    const DataPlace place = place_of(*pair.before, volume);
    const auto readers = users_of(*pair.before, place, Access::read);
    if (!place.lasts() || readers.empty()) continue;
    const auto still = users_of(*pair.after, place, Access::read);
    const auto is_left = [&](const std::string& name) {
      return pair.after->project.services.count(name) != 0;
    };
    std::string loser;
    for (const std::string& name : users_of(*pair.before, place, Access::write)) {
      if (loser.empty() && is_left(name) && still.count(name) == 0) loser = name;
    }
    // Somebody else's goes on without us.
    const bool ours = !volume.external || std::any_of(readers.begin(), readers.end(), is_left);
    if (loser.empty() && (!still.empty() || !ours)) continue;
    out.push_back({"volume-removed",
                   pair.name + ": volume '" + key + "' " + why_unseen(pair, volume, place, loser),
                   "volume-removed:" + pair.name + '/' + key});
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

// A directory that got another name is one stack that goes and one that comes, with most of their services in
// common. A "db" and a helper are what strangers may share.
bool is_renamed(const layout::Stack& gone, const layout::Stack& came) {
  const auto others_of = [](const layout::Stack& stack) {
    const auto& all = stack.project.services;
    return std::count_if(all.begin(), all.end(),
                         [](const auto& service) { return database_of(service.second) == nullptr; });
  };
  std::ptrdiff_t shared = 0;
  bool database = false;
  for (const auto& [name, service] : came.project.services) {
    const auto old = gone.project.services.find(name);
    if (old == gone.project.services.end() ||
        lint::parse_image(old->second.image).name != lint::parse_image(service.image).name)
      continue;
    if (database_of(service) == nullptr) {
      ++shared;
    } else {
      database = true;
    }
  }
  const bool alone = gone.project.services.size() == 1 && came.project.services.size() == 1;
  return 2 * shared > std::min(others_of(gone), others_of(came)) || (database && alone);
}

}  // namespace

std::optional<int> database_major(const std::string& image) {
  const lint::Image parsed = lint::parse_image(image);
  const auto version = lint::known_database(parsed) == nullptr ? std::nullopt : version_in(parsed.tag);
  return version ? std::optional(version->first) : std::nullopt;
}

std::vector<StackPair> renamed_pairs(const std::vector<StackPair>& pairs) {
  std::vector<StackPair> out;
  for (const StackPair& gone : pairs) {
    if (!gone.before || gone.after) continue;
    for (const StackPair& came : pairs) {
      if (!came.before && came.after && !came.before_unreadable && is_renamed(*gone.before, *came.after))
        out.push_back({.name = came.name, .before = gone.before, .after = came.after});
    }
  }
  return out;
}

void check_data(const std::vector<StackPair>& pairs, std::vector<Refusal>& out) {
  for (const StackPair& pair : pairs) {
    if (!pair.before || !pair.after) continue;
    check_databases(pair, out);
    check_volumes(pair, out);
    check_changed_volumes(pair, out);
  }
}

}  // namespace hwcsync::plan
