#include "secrets/view/mount_table.hpp"

#include "src/base/error.hpp"
#include "src/base/fd.hpp"
#include "src/base/text.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include <dirent.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace hwcsync::secrets {
namespace {

// proc(5): space, tab, newline and backslash come as \ and three octal digits.
std::string unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size()) {
      const int value = (text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0');
      out.push_back(static_cast<char>(value));
      i += 3;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

bool empty_directory(int fd) {
  Fd readable(::openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!readable.valid()) return false;
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(::fdopendir(readable.release()), &::closedir);
  if (!listing) return false;
  while (const dirent* entry = ::readdir(listing.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") return false;
  }
  return true;
}

constexpr std::string_view kSource = "hwcsync:";

// "/run/other" for a view of the service there; empty when it is of a version that did not say.
std::string runtime_dir_of(const MountPoint& view) {
  const std::string_view source = view.source;
  const auto end = source.rfind("/view/");
  if (!source.starts_with(kSource) || end == std::string_view::npos) return {};
  return std::string(source.substr(kSource.size(), end - kSource.size()));
}

// Does not wait: a full backlog (EAGAIN) is alive too, and the path is one that others wrote.
bool somebody_listens(const std::string& socket) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket.size() >= sizeof address.sun_path) return true;
  std::memcpy(address.sun_path, socket.c_str(), socket.size());
  const Fd asking(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!asking.valid()) throw_errno("cannot create", "a socket");
  if (::connect(asking.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return true;
  return errno != ECONNREFUSED && errno != ENOENT;
}

// Before the view of another service is taken away from a user.
void require_dead(const MountPoint& view, const std::string& target) {
  const std::string other = runtime_dir_of(view);
  if (other.empty()) {
    throw Error({"cannot bind the view to", target, "a view of another secrets service is mounted there",
                 "unmount it when that service is gone"});
  }
  if (!somebody_listens(other + "/secrets")) return;
  throw Error({"cannot bind the view to", target,
               "the secrets service with runtime directory " + other + " shows its view there",
               "stop that service: one of them can serve this user"});
}

}  // namespace

std::string source_of(const std::string& view) {
  return std::string(kSource) + view;
}

std::vector<MountPoint> parse_mountinfo(std::string_view text) {
  std::vector<MountPoint> out;
  for (const std::string& line : split(text, '\n')) {
    // 36 35 98:0 /root /mount/point options shared:1 - type source super-options
    const std::vector<std::string> fields = split(line, ' ');
    const auto dash = std::ranges::find(fields, "-");
    if (fields.size() < 7 || fields.end() - dash < 2) continue;
    out.push_back({.device = fields[2],
                   .path = unescape(fields[4]),
                   .type = *(dash + 1),
                   .source = fields.end() - dash > 2 ? unescape(*(dash + 2)) : "",
                   .options = fields.end() - dash > 3 ? *(dash + 3) : ""});
  }
  return out;
}

// Anybody may mount with fusermount3 under our type and with any source; the kernel then notes who it was.
bool is_view(const MountPoint& mount) {
  if (mount.type == kViewType) return std::ranges::count(split(mount.options, ','), "user_id=0") == 1;
  return mount.type == "ramfs" && mount.source.starts_with(kSource);
}

std::vector<MountPoint> current_mounts() {
  return parse_mountinfo(read_file("/proc/self/mountinfo"));
}

std::optional<MountPoint> mounted_at(const std::vector<MountPoint>& mounts, std::string_view path) {
  const auto found = std::find_if(mounts.rbegin(), mounts.rend(),
                                  [&](const MountPoint& mount) { return mount.path == path; });
  return found == mounts.rend() ? std::nullopt : std::optional(*found);
}

bool detach_mount(const std::string& path) {
  if (::umount2(path.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) == 0) return true;
  if (errno == EINVAL || errno == ENOENT) return false;
  throw_errno("cannot unmount", path);
}

// The force is what writing to fusectl's `abort` does (fuse_umount_begin), without that file system.
void abort_view(const std::string& path) {
  if (::umount2(path.c_str(), MNT_FORCE | MNT_DETACH | UMOUNT_NOFOLLOW) != 0)
    throw_errno("cannot abort", path);
}

std::vector<std::string> detach_views_below(const std::string& directory) {
  std::vector<std::string> out;
  const std::vector<MountPoint> mounts = current_mounts();
  // The last mounted first, so that what is stacked comes off in order.
  for (auto mount = mounts.rbegin(); mount != mounts.rend(); ++mount) {
    const bool below = mount->path == directory || mount->path.starts_with(directory + '/');
    if (is_view(*mount) && below && detach_mount(mount->path)) out.push_back(mount->path);
  }
  return out;
}

BindOutcome bind_view(const std::string& view, const std::string& runtime_root, uid_t uid) {
  const std::string parent_path = runtime_root + '/' + std::to_string(uid);
  const std::string target = parent_path + "/secrets";
  const Fd parent(::open(parent_path.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!parent.valid()) {
    if (errno == ENOENT) return BindOutcome::no_parent;
    throw_errno("cannot open", parent_path);
  }
  const auto mounts = current_mounts();
  const auto ours = mounted_at(mounts, view);
  if (!ours || !is_view(*ours)) throw Error("cannot bind", view, "no view is mounted there");
  // More than one dead view may be stacked there.
  for (auto there = mounted_at(mounts, target); there; there = mounted_at(current_mounts(), target)) {
    if (there->device == ours->device) return BindOutcome::already;
    if (!is_view(*there)) {
      throw Error({"cannot bind the view to", target,
                   "another file system (" + there->type + ") is mounted there",
                   "unmount it, or stop what mounts it"});
    }
    if (there->source != source_of(view)) require_dead(*there, target);
    if (!detach_mount(target)) break;
  }
  if (::mkdirat(parent.get(), "secrets", 0700) != 0 && errno != EEXIST) throw_errno("cannot create", target);
  const Fd place(::openat(parent.get(), "secrets", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!place.valid()) {
    throw SystemError("cannot bind the view to", target, errno,
                      "remove what is there; it must be a directory");
  }
  if (!empty_directory(place.get())) {
    throw Error({"cannot bind the view to", target, "there are files in it that the view would hide",
                 "stop the unit that writes them, or adopt its stack"});
  }
  const std::string by_descriptor = "/proc/self/fd/" + std::to_string(place.get());
  if (::mount(view.c_str(), by_descriptor.c_str(), nullptr, MS_BIND, nullptr) != 0) {
    throw_errno("cannot bind the view to", target);
  }
  return BindOutcome::bound;
}

}  // namespace hwcsync::secrets
