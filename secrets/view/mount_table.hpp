#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

// Mounts as /proc/self/mountinfo tells them, and what we do with ours. Nothing here opens or stats anything
// inside a view: a view whose server is gone would hang us, and our own would wait for ourselves.
namespace hwcsync::secrets {

// The file system type under which views appear: `findmnt -t fuse.hwcsync`.
inline constexpr std::string_view kViewType = "fuse.hwcsync";

struct MountPoint {
  std::string device;  // "0:52"
  std::string path;
  std::string type;
  std::string source{};   // for what we mounted, source_of() its view
  std::string options{};  // of the file system: "rw,user_id=0,group_id=0"
  bool operator==(const MountPoint&) const = default;
};

// proc(5), in the order of mounting: of two on the same path the later one is on top.
[[nodiscard]] std::vector<MountPoint> parse_mountinfo(std::string_view text);
[[nodiscard]] std::vector<MountPoint> current_mounts();

// What a view is mounted with as its source: it tells, also through a bind and after the death of its server,
// which service it belongs to. "hwcsync:/run/hwcsync/view/1000".
[[nodiscard]] std::string source_of(const std::string& view);

// Whether it is a view, of this service or of another: of FUSE, mounted by root, or a ramfs that one of them
// mounted.
[[nodiscard]] bool is_view(const MountPoint& mount);

// What is on top at this path, if anything is mounted there.
[[nodiscard]] std::optional<MountPoint> mounted_at(const std::vector<MountPoint>& mounts,
                                                   std::string_view path);

// Lazy unmount that follows no symlink; gives false when nothing was mounted there. Throws SystemError.
bool detach_mount(const std::string& path);

// Takes away every view mount at or below `directory` that was left by a predecessor, and gives their paths.
// Stands for "transport endpoint is not connected".
std::vector<std::string> detach_views_below(const std::string& directory);

// Ends the FUSE connection behind the view mounted at `path` and takes the mount away: whoever waits for an
// answer gets ECONNABORTED, also a process that no signal ends. Throws SystemError.
void abort_view(const std::string& path);

enum class BindOutcome { bound, already, no_parent };

// Binds the view mounted at `view` to <runtime_root>/<uid>/secrets. The directory is the user's own, so no
// symlink in it is followed. A former view of this service there is replaced, and one of another service that
// nobody listens for. Throws Error when something else is there: the view of another service that lives,
// another mount, a symlink, or a directory with files in it (an older way of providing secrets would be
// hidden).
BindOutcome bind_view(const std::string& view, const std::string& runtime_root, uid_t uid);

}  // namespace hwcsync::secrets
