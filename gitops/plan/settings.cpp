#include "gitops/plan/settings.hpp"

#include "src/base/text.hpp"

#include <algorithm>

namespace hwcsync::plan {
namespace {

using layout::Stack;

// The one with this key; nullptr when there is none.
template <class T, class Key>
const T* find(const std::vector<T>& list, const Key& key, const std::string& wanted) {
  const auto found = std::find_if(list.begin(), list.end(), [&](const T& one) { return one.*key == wanted; });
  return found == list.end() ? nullptr : &*found;
}

template <class T, class Key>
void compare_order(std::vector<std::string>& out, const std::string& what, const std::vector<T>& before,
                   const std::vector<T>& after, const Key& key) {
  const auto alike = [&](const T& a, const T& b) { return a.*key == b.*key; };
  if (std::is_permutation(before.begin(), before.end(), after.begin(), after.end(), alike) &&
      !std::equal(before.begin(), before.end(), after.begin(), after.end(), alike))
    out.push_back(what + " in another order");
}

void compare_directories(std::vector<std::string>& out, const std::vector<stack::Directory>& before,
                         const std::vector<stack::Directory>& after) {
  for (const stack::Directory& directory : after) {
    const stack::Directory* old = find(before, &stack::Directory::path, directory.path);
    if (old == nullptr) {
      out.push_back("directory " + directory.path + " (" + directory.owner + ", " + directory.mode + ")");
      continue;
    }
    compare_text(out, "directory " + directory.path + ": owner", old->owner, directory.owner);
    compare_text(out, "directory " + directory.path + ": mode", old->mode, directory.mode);
  }
  for (const stack::Directory& directory : before) {
    if (find(after, &stack::Directory::path, directory.path) == nullptr)
      out.push_back("no longer prepares directory " + directory.path + ", which stays as it is");
  }
  compare_order(out, "directories", before, after, &stack::Directory::path);
}

void compare_routes(std::vector<std::string>& out, const std::vector<stack::Route>& before,
                    const std::vector<stack::Route>& after) {
  for (const stack::Route& route : after) {
    const std::string what = "route " + route.domain;
    const stack::Route* old = find(before, &stack::Route::domain, route.domain);
    if (old == nullptr) {
      out.push_back(what);
      continue;
    }
    compare_text(out, what + ": upstream", std::to_string(old->upstream), std::to_string(route.upstream));
    compare_text(out, what + ": tls", old->tls, route.tls);
    for (const auto& [user, hash] : route.basic_auth) {
      const auto known = old->basic_auth.find(user);
      if (known == old->basic_auth.end()) {
        out.push_back(what + ": basic-auth + " + user);
      } else if (known->second != hash) {
        out.push_back(what + ": basic-auth ~ " + user);
      }
    }
    for (const auto& [user, hash] : old->basic_auth) {
      if (route.basic_auth.count(user) == 0) out.push_back(what + ": basic-auth - " + user);
    }
  }
  for (const stack::Route& route : before) {
    if (find(after, &stack::Route::domain, route.domain) == nullptr)
      out.push_back("no route " + route.domain);
  }
  compare_order(out, "routes", before, after, &stack::Route::domain);
}

void compare_places(std::vector<std::string>& out, const Stack& before, const Stack& after) {
  if (before.user != after.user) return;
  compare_text(out, "home of the user", before.account.home, after.account.home);
  compare_text(out, "storage of the user", described(storage_of(before.user, before.account)),
               described(storage_of(after.user, after.account)));
  if (before.account.storage.has_value() == after.account.storage.has_value() || is_moved(before, after))
    return;
  // The units name the file that says so.
  out.push_back(std::string("storage of the user is ") + (after.account.storage ? "named" : "named no more") +
                ", and where it was");
}

}  // namespace

stack::Storage storage_of(const std::string& user, const stack::User& account) {
  if (account.storage) return *account.storage;
  if (account.uid == 0) return {.path = "/var/lib/containers/storage"};
  return {.path =
              (account.home.empty() ? "/home/" + user : account.home) + "/.local/share/containers/storage"};
}

bool is_moved(const Stack& before, const Stack& after) {
  return before.user == after.user &&
         storage_of(before.user, before.account) != storage_of(after.user, after.account);
}

std::string described(const stack::Storage& storage) {
  return storage.path + " (" + storage.driver + ')';
}

void compare_text(std::vector<std::string>& out, const std::string& what, const std::string& before,
                  const std::string& after) {
  if (before == after) return;
  out.push_back(what + ' ' + (before.empty() ? "(none)" : before) + " -> " +
                (after.empty() ? "(none)" : after));
}

std::vector<std::string> unit_differences(const Stack& before, const Stack& after) {
  std::vector<std::string> out;
  const auto compare = [&](const std::string& what, const std::string& a, const std::string& b) {
    compare_text(out, what, a, b);
  };
  const auto list = [](const std::vector<std::string>& items) { return join(items, " "); };
  // One of style oci has none of its own.
  if (before.style == after.style) compare("unit", before.unit, after.unit);
  compare("user", before.user, after.user);
  compare("project", before.project.name, after.project.name);
  compare("required mounts", list(before.config.mounts.required), list(after.config.mounts.required));
  compare("after", list(before.config.units.after), list(after.config.units.after));
  compare("wants", list(before.config.units.wants), list(after.config.units.wants));
  compare("requires", list(before.config.units.requires_), list(after.config.units.requires_));
  compare("starts after", list(before.config.start_after), list(after.config.start_after));
  compare("on-demand mounts", list(before.config.mounts.on_demand), list(after.config.mounts.on_demand));
  // In style oci each container has a limit of its own (gitops/plan/dependencies).
  if (after.style == stack::Style::compose)
    compare("health timeout", before.config.health.timeout, after.config.health.timeout);
  compare_places(out, before, after);
  compare("uid of the user", std::to_string(before.account.uid), std::to_string(after.account.uid));
  return out;
}

std::vector<std::string> port_differences(const Stack& before, const Stack& after) {
  std::vector<std::string> out;
  if (before.is_rootless() == after.is_rootless()) return out;
  const std::string now =
      after.is_rootless() ? ": behind the host's firewall now" : ": past the host's firewall now";
  for (const auto& [name, service] : after.project.services) {
    if (service.network_mode == "host") continue;
    for (const compose::Port& port : service.ports) {
      if (!port.host_ip.empty() && port.host_ip != "0.0.0.0" && port.host_ip != "::") continue;
      const std::string number =
          port.published.empty() ? "chosen at start for " + port.target : port.published;
      std::string text = "port " + number + (port.protocol == "tcp" ? "" : '/' + port.protocol) + now;
      if (std::find(out.begin(), out.end(), text) == out.end()) out.push_back(std::move(text));
    }
  }
  return out;
}

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
    if (a != b && std::is_permutation(a.begin(), a.end(), b.begin(), b.end()))
      out.push_back(what + " ports in another order");
  };
  ports("tcp", pair.was_open.tcp, pair.opens.tcp);
  ports("udp", pair.was_open.udp, pair.opens.udp);
  compare_directories(out, before.config.prepare.directories, after.config.prepare.directories);
  compare_routes(out, before.config.routes, after.config.routes);
  compare_text(out, "description", before.config.description, after.config.description);
  return out;
}

}  // namespace hwcsync::plan
