#include "tests/view/fuse_fixture.hpp"

#include "secrets/view/mount_table.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ostream>
#include <stdexcept>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace hwcsync::test {
namespace {

// These tests mount for real; where that is not possible the whole executable says so and is skipped.
const bool kCanRun = [] {
  const char* reason = ::geteuid() != 0                          ? "needs root"
                       : ::access("/dev/fuse", R_OK | W_OK) != 0 ? "needs /dev/fuse"
                                                                 : nullptr;
  if (reason == nullptr) return true;
  std::fprintf(stderr, "skipped: %s\n", reason);
  std::_Exit(77);
}();

// Gives an errno. glibc's functions would change every thread of the process, the system calls change one.
int become(uid_t uid, gid_t gid) {
  const bool done = ::syscall(SYS_setgroups, 0, nullptr) == 0 &&
                    ::syscall(SYS_setresgid, gid, gid, gid) == 0 &&
                    ::syscall(SYS_setresuid, uid, uid, uid) == 0;
  return done ? 0 : errno;
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Seen& seen) {
  return out << "errno " << seen.code << " (" << std::strerror(seen.code) << "), text \"" << seen.text << '"';
}

Visitor::Visitor(uid_t uid, gid_t gid, std::function<Seen()> visit, VisitBy by) {
  if (by == VisitBy::process) {
    start_process(uid, gid, visit);
    return;
  }
  seen_ = std::async(std::launch::async, [uid, gid, visit = std::move(visit)] {
    const int refused = become(uid, gid);
    return refused != 0 ? Seen{.code = refused} : visit();
  });
}

void Visitor::start_process(uid_t uid, gid_t gid, const std::function<Seen()>& visit) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("cannot make a pipe");
  pid_ = ::fork();
  if (pid_ == 0) {
    ::close(ends[0]);
    Seen seen{.code = become(uid, gid)};
    if (seen.code == 0) seen = visit();
    static_cast<void>(!::write(ends[1], &seen.code, sizeof seen.code));
    static_cast<void>(!::write(ends[1], seen.text.data(), seen.text.size()));
    ::_exit(0);
  }
  ::close(ends[1]);
  result_ = Fd(ends[0]);
}

Visitor::~Visitor() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

Seen Visitor::finish() {
  if (seen_.valid()) return seen_.get();
  const std::string all = read_all(result_.get(), "what a visitor saw");
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
  Seen seen;
  if (all.size() < sizeof seen.code) throw std::runtime_error("the visitor died");
  std::memcpy(&seen.code, all.data(), sizeof seen.code);
  seen.text = all.substr(sizeof seen.code);
  return seen;
}

Seen as_user(uid_t uid, gid_t gid, const std::function<Seen()>& visit) {
  return Visitor(uid, gid, visit).finish();
}

Seen read_fd(int fd) {
  Seen seen;
  std::array<char, 1000> block;
  for (;;) {
    const ssize_t count = ::read(fd, block.data(), block.size());
    if (count < 0) seen.code = errno;
    if (count <= 0) return seen;
    seen.text.append(block.data(), static_cast<std::size_t>(count));
  }
}

Seen read_path(const std::string& path, int flags) {
  const Fd fd(::open(path.c_str(), flags | O_CLOEXEC));
  if (!fd.valid()) return {.code = errno};
  return read_fd(fd.get());
}

Seen list(const std::string& path) {
  DIR* directory = ::opendir(path.c_str());
  if (directory == nullptr) return {.code = errno};
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(directory)) names.emplace_back(entry->d_name);
  ::closedir(directory);
  std::ranges::sort(names);
  Seen seen;
  for (const std::string& name : names) seen.text += (seen.text.empty() ? "" : " ") + name;
  return seen;
}

Seen inode(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return {.code = errno};
  return {.text = std::to_string(found.st_ino) + ' ' + std::to_string(found.st_size)};
}

secrets::ViewOwner owner() {
  return {.uid = kOwner, .sub_uids = {{700'000, 65'536}}};
}

std::shared_ptr<const secrets::ViewSnapshot> snapshot(const std::string& generation,
                                                      const std::vector<Secret>& secrets) {
  auto buffers = std::make_shared<std::vector<secrets::SecureBuffer>>();
  std::vector<secrets::ViewEntry> entries;
  for (const Secret& secret : secrets) {
    buffers->emplace_back(secrets::as_bytes(secret.value));
    entries.push_back({.path = secret.path,
                       .stack = "stack",
                       .secret = secret.path,
                       .uid = kOwner,
                       .gid = kOwner,
                       .mode = secret.mode,
                       .content = std::as_const(buffers->back()).bytes(),
                       .failure = secret.failure});
  }
  return std::make_shared<const secrets::ViewSnapshot>(generation, std::move(entries), buffers, 0);
}

Place::Place() {
  ::chmod(directory_.path().c_str(), 0755);
}

Place::~Place() {
  secrets::detach_views_below(directory_.path());
}

}  // namespace hwcsync::test
