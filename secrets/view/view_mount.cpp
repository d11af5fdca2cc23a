#include "secrets/view/view_mount.hpp"

#include "secrets/view/mount_table.hpp"
#include "src/base/atomic_file.hpp"
#include "src/base/error.hpp"

#include <cerrno>
#include <random>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <unistd.h>

namespace hwcsync::secrets {
namespace {

constexpr std::size_t kInitLimit = 4096;

// Tells the handles of this server from its predecessor's.
std::uint16_t new_instance() {
  return static_cast<std::uint16_t>(std::random_device{}());
}

}  // namespace

ViewMount::ViewMount(std::string path, FuseServer::Start start, Parts parts)
    : path_(std::move(path)),
      server_(std::move(start), std::move(parts.owner), std::move(parts.snapshot),
              std::move(parts.observer)) {}

std::unique_ptr<ViewMount> ViewMount::mount(Parts parts) {
  const auto there = mounted_at(current_mounts(), parts.path);
  if (there && there->type == kViewType) detach_mount(parts.path);
  make_directories(parts.path, 0711);
  Fd fuse = [] {
    try {
      return open_file("/dev/fuse", O_RDWR);
    } catch (const SystemError& error) {
      throw SystemError("cannot open", "/dev/fuse", error.code(),
                        "load the kernel module fuse, or set `backend: ramfs` in the host's configuration");
    }
  }();
  // allow_other: the kernel lets everybody ask, and we answer. No default_permissions: sub-uids would fail a
  // mode 0400.
  const std::string options =
      "fd=" + std::to_string(fuse.get()) + ",rootmode=40000,user_id=0,group_id=0,allow_other,max_read=131072";
  constexpr unsigned long kFlags = MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME | MS_RDONLY;
  if (::mount(source_of(parts.path).c_str(), parts.path.c_str(), std::string(kViewType).c_str(), kFlags,
              options.c_str()) != 0) {
    throw SystemError("cannot mount the view", parts.path, errno,
                      errno == EPERM ? "the secrets service must run as root" : "");
  }
  std::string path = parts.path;
  try {
    FuseServer::Start start{.fuse = std::move(fuse), .instance = new_instance(), .former = parts.former};
    return std::make_unique<ViewMount>(path, std::move(start), std::move(parts));
  } catch (...) {
    // Nobody would ever answer there.
    detach_mount(path);
    throw;
  }
}

std::unique_ptr<ViewMount> ViewMount::take_over(Parts parts, Legacy legacy) {
  std::string path = parts.path;
  FuseServer::Start start{.fuse = std::move(legacy.fuse),
                          .init = std::move(legacy.init),
                          .instance = new_instance(),
                          .former = parts.former};
  return std::make_unique<ViewMount>(path, std::move(start), std::move(parts));
}

void ViewMount::unmount() {
  detach_mount(path_);
  server_.stop();
}

Fd seal_init(const std::string& init) {
  Fd fd(::memfd_create("hwcsync-view-init", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd.valid()) throw_errno("cannot create", "a memfd");
  write_all(fd.get(), init, "a memfd");
  if (::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0) {
    throw_errno("cannot seal", "a memfd");
  }
  return fd;
}

std::string read_sealed_init(const Fd& sealed) {
  std::string out(kInitLimit, '\0');
  const ssize_t count = ::pread(sealed.get(), out.data(), out.size(), 0);
  if (count < 0) throw_errno("cannot read", "the recorded start of a view");
  out.resize(static_cast<std::size_t>(count));
  return out;
}

}  // namespace hwcsync::secrets
