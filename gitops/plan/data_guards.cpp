#include "gitops/plan/data_guards.hpp"

#include "gitops/lint/image.hpp"
#include "gitops/plan/resources.hpp"
#include "gitops/plan/settings.hpp"
#include "src/base/text.hpp"

#include <algorithm>
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

// What was this database: the service of its name, else one of its kind that is gone.
const compose::Service* predecessor_of(const StackPair& pair, const compose::Service& service) {
  const auto& before = pair.before->project.services;
  const auto same = before.find(service.name);
  if (same != before.end()) return &same->second;
  for (const auto& [name, old] : before) {
    const lint::Database* kind = database_of(old);
    if (pair.after->project.services.count(name) == 0 && kind != nullptr && kind == database_of(service))
      return &old;
  }
  return nullptr;
}

void check_databases(const StackPair& pair, std::vector<Refusal>& out) {
  for (const auto& [name, service] : pair.after->project.services) {
    const compose::Service* old = database_of(service) == nullptr ? nullptr : predecessor_of(pair, service);
    if (old == nullptr || database_of(*old) == nullptr || old->image == service.image) continue;
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

bool mounts(const compose::Service& service, const std::string& volume) {
  return std::any_of(service.volumes.begin(), service.volumes.end(), [&](const compose::Mount& mount) {
    return mount.type == compose::Mount::Type::volume && mount.source == volume;
  });
}

// A service that mounted the volume and mounts it no more, or is gone while nobody else does; empty: none.
std::string loser_of(const StackPair& pair, const std::string& volume) {
  const auto& after = pair.after->project.services;
  const bool used = std::any_of(after.begin(), after.end(),
                                [&](const auto& service) { return mounts(service.second, volume); });
  for (const auto& [name, service] : pair.before->project.services) {
    if (!mounts(service, volume)) continue;
    const auto now = after.find(name);
    if (now == after.end() ? !used : !mounts(now->second, volume)) return name;
  }
  return "";
}

// The same data is there only under the same name in the same user's store.
void check_volumes(const StackPair& pair, std::vector<Refusal>& out) {
  for (const auto& [key, volume] : pair.before->project.volumes) {
    if (volume.external) continue;
    const auto& after = pair.after->project.volumes;
    const auto now = after.find(key);
    const std::string ack = "volume-removed:" + pair.name + '/' + key;
    const std::string loser = loser_of(pair, key);
    if (now == after.end() || !loser.empty()) {
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

// A directory that got another name is one stack that goes and one that comes. A service that runs the same
// image with a volume of the same key tells it from two strangers.
bool is_renamed(const layout::Stack& gone, const layout::Stack& came, const std::string& volume) {
  const auto image_of = [&](const compose::Service& service) {
    return service.image.substr(0, service.image.rfind(':'));
  };
  return std::any_of(came.project.services.begin(), came.project.services.end(), [&](const auto& entry) {
    const auto old = gone.project.services.find(entry.first);
    return old != gone.project.services.end() && mounts(entry.second, volume) &&
           mounts(old->second, volume) && image_of(old->second) == image_of(entry.second);
  });
}

void check_renamed(const std::vector<StackPair>& pairs, std::vector<Refusal>& out) {
  for (const StackPair& gone : pairs) {
    if (!gone.before || gone.after) continue;
    for (const StackPair& came : pairs) {
      if (came.before || !came.after || came.before_unreadable) continue;
      for (const auto& [key, volume] : gone.before->project.volumes) {
        const auto now = came.after->project.volumes.find(key);
        if (volume.external || now == came.after->project.volumes.end() ||
            !is_renamed(*gone.before, *came.after, key))
          continue;
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

// Files of the host that a stack mounts belong to ids of the user it ran as.
void check_owners(const StackPair& pair, std::vector<Refusal>& out) {
  const layout::Stack& before = *pair.before;
  const layout::Stack& after = *pair.after;
  if (before.user == after.user) return;
  std::set<std::string> kept;
  for (const auto& [name, service] : before.project.services) {
    for (const compose::Mount& mount : service.volumes) {
      if (mount.type == compose::Mount::Type::bind && !mount.read_only) kept.insert(mount.source);
    }
  }
  std::vector<std::string> shared;
  for (const auto& [name, service] : after.project.services) {
    for (const compose::Mount& mount : service.volumes) {
      if (mount.type == compose::Mount::Type::bind && kept.erase(mount.source) != 0)
        shared.push_back(mount.source);
    }
  }
  if (shared.empty()) return;
  out.push_back(
      {"owner-changed",
       pair.name + " goes from " + before.user + " to " + after.user + ", and the files below " +
           join(shared, ", ") + " keep the owners that they have: the containers of " + after.user +
           " may not be able to read or write them. Give them their new owners by hand (chown) when "
           "the stack is stopped",
       "owner-changed:" + pair.name});
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
