#include "src/daemon/authorise.hpp"

#include <algorithm>
#include <cstddef>

#include <grp.h>
#include <pwd.h>

namespace hwcsync::daemon {

bool permitted(const Caller& caller, Right right, std::optional<gid_t> group) {
  if (right == Right::read || caller.uid == 0) return true;
  return group && std::find(caller.groups.begin(), caller.groups.end(), *group) != caller.groups.end();
}

Caller caller_of(uid_t uid, gid_t gid) {
  Caller out{.uid = uid, .name = std::to_string(uid), .groups = {gid}};
  std::vector<char> buffer(64 * 1024);
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) return out;
  out.name = found->pw_name;
  int count = 64;
  std::vector<gid_t> groups(static_cast<std::size_t>(count));
  if (::getgrouplist(found->pw_name, gid, groups.data(), &count) < 0) {
    groups.resize(static_cast<std::size_t>(count));
    if (::getgrouplist(found->pw_name, gid, groups.data(), &count) < 0) return out;
  }
  groups.resize(static_cast<std::size_t>(count));
  out.groups = std::move(groups);
  return out;
}

std::optional<gid_t> hwcsync_group() {
  std::vector<char> buffer(64 * 1024);
  group entry{};
  group* found = nullptr;
  if (::getgrnam_r("hwcsync", &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) {
    return std::nullopt;
  }
  return found->gr_gid;
}

}  // namespace hwcsync::daemon
