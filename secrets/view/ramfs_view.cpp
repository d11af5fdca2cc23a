#include "secrets/view/ramfs_view.hpp"

#include "secrets/view/mount_table.hpp"
#include "secrets/view/open_directory.hpp"
#include "src/base/atomic_file.hpp"
#include "src/base/error.hpp"

#include <cerrno>
#include <filesystem>
#include <set>
#include <utility>

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace hwcsync::secrets {
namespace {

namespace fs = std::filesystem;

constexpr const char* kCurrent = ".current";
constexpr const char* kGenerations = ".generations";
constexpr unsigned long kFlags = MS_NOSUID | MS_NODEV | MS_NOEXEC;

bool is_mounted(const std::string& path) {
  const auto there = mounted_at(current_mounts(), path);
  return there && is_view(*there);
}

void write_file(const std::string& path, Bytes content, uid_t uid, gid_t gid, mode_t mode) {
  const Fd file = open_file(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0);
  // From locked memory straight into pages that are never swapped.
  for (Bytes rest = content; !rest.empty();) {
    const ssize_t count = ::write(file.get(), rest.data(), rest.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw_errno("cannot write", path);
    rest = rest.subspan(static_cast<std::size_t>(count));
  }
  if (::fchown(file.get(), uid, gid) != 0 || ::fchmod(file.get(), mode) != 0)
    throw_errno("cannot give away", path);
}

// All may pass: the root of the view has the only door.
void make_passable(const std::string& directory) {
  open_directory_up(directory, 0755);
}

// The first component of each path, and the marker.
std::set<std::string> top_names(const ViewSnapshot& snapshot) {
  std::set<std::string> out{std::string(kGenerationFile)};
  for (const ViewEntry& entry : snapshot.entries()) out.insert(entry.path.substr(0, entry.path.find('/')));
  return out;
}

}  // namespace

RamfsView::RamfsView(Parts parts) : backing_(std::move(parts.backing)), path_(std::move(parts.path)) {
  make_directories(backing_.substr(0, backing_.rfind('/')), 0700);
  make_directories(backing_, 0700);
  make_directories(path_, 0711);
  if (!is_mounted(backing_)) {
    if (is_mounted(path_)) detach_mount(path_);
    if (::mount(source_of(path_).c_str(), backing_.c_str(), "ramfs", kFlags, "mode=0500") != 0) {
      throw SystemError("cannot mount a ramfs", backing_, errno, "the secrets service must run as root");
    }
  }
  root_ = open_file(backing_, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  struct statfs found {};
  // Plaintext is written here: nothing else will do.
  if (::fstatfs(root_.get(), &found) != 0 || found.f_type != RAMFS_MAGIC)
    throw Error("cannot show secrets in", backing_, "it is no ramfs");
  set(std::move(parts.owner), std::move(parts.snapshot));
  if (is_mounted(path_)) return;
  if (::mount(backing_.c_str(), path_.c_str(), nullptr, MS_BIND, nullptr) != 0 ||
      ::mount(nullptr, path_.c_str(), nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY | kFlags, nullptr) != 0) {
    throw_errno("cannot bind the view to", path_);
  }
}

void RamfsView::set(ViewOwner owner, std::shared_ptr<const ViewSnapshot> snapshot) {
  if (shown_.lock() == snapshot) return;
  if (::fchown(root_.get(), owner.uid, 0) != 0) throw_errno("cannot give away", backing_);
  // The same generation may come again with files that failed before: never the same directory.
  std::string name;
  for (int i = 0;; ++i) {
    name = std::string(kGenerations) + '/' + snapshot->generation().substr(0, 12) + '.' + std::to_string(i);
    if (!fs::exists(backing_ + '/' + name)) break;
  }
  write_files(backing_ + '/' + name, *snapshot);
  link_names(*snapshot);
  const std::string fresh = backing_ + "/.new";
  ::unlink(fresh.c_str());
  if (::symlink(name.c_str(), fresh.c_str()) != 0 ||
      ::rename(fresh.c_str(), (backing_ + '/' + kCurrent).c_str()) != 0) {
    throw_errno("cannot switch the secrets in", backing_);
  }
  tidy(*snapshot, name);
  shown_ = snapshot;
}

void RamfsView::write_files(const std::string& directory, const ViewSnapshot& snapshot) const {
  make_passable(backing_ + '/' + kGenerations);
  make_passable(directory);
  write_file(directory + '/' + std::string(kGenerationFile), as_bytes(snapshot.generation() + '\n'), 0, 0,
             0444);
  for (const ViewEntry& entry : snapshot.entries()) {
    // What could not be decrypted is not there: who needs it stops.
    if (!entry.failure.empty()) continue;
    const std::string path = directory + '/' + entry.path;
    for (auto at = entry.path.find('/'); at != std::string::npos; at = entry.path.find('/', at + 1))
      make_passable(directory + '/' + entry.path.substr(0, at));
    write_file(path, entry.content, entry.uid, entry.gid, entry.mode & 0555U);
  }
}

// Names that are new lead nowhere until the switch.
void RamfsView::link_names(const ViewSnapshot& snapshot) const {
  for (const std::string& name : top_names(snapshot)) {
    const std::string target = std::string(kCurrent) + '/' + name;
    if (::symlinkat(target.c_str(), root_.get(), name.c_str()) != 0 && errno != EEXIST)
      throw_errno("cannot show", backing_ + '/' + name);
  }
}

void RamfsView::tidy(const ViewSnapshot& snapshot, const std::string& current) const {
  const std::set<std::string> names = top_names(snapshot);
  for (const auto& entry : fs::directory_iterator(backing_)) {
    const std::string name = entry.path().filename().string();
    if (name == kCurrent || name == kGenerations || names.contains(name)) continue;
    fs::remove(entry.path());
  }
  for (const auto& entry : fs::directory_iterator(backing_ + '/' + kGenerations)) {
    if (entry.path() != backing_ + '/' + current) fs::remove_all(entry.path());
  }
}

void RamfsView::unmount() {
  root_.reset();
  detach_mount(path_);
  detach_mount(backing_);
}

bool RamfsView::serving() const {
  return is_mounted(path_);
}

}  // namespace hwcsync::secrets
