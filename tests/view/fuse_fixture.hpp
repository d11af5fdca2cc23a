#pragma once

#include "secrets/arena/secure_buffer.hpp"
#include "secrets/view/view_mount.hpp"
#include "tests/support/temporary_directory.hpp"

#include <functional>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <sys/types.h>

namespace hwcsync::test {

// What a process under another user saw.
struct Seen {
  int code = 0;  // errno
  std::string text;
  bool operator==(const Seen&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Seen& seen);

// Where a visit runs. A process forked beside a server's thread may find the allocator locked for ever, so a
// test that serves in itself sends threads; one that forks servers while a visit goes on sends a process.
enum class VisitBy { thread, process };

// Runs a visit under this uid and gid, which Linux keeps for each thread.
class Visitor {
 public:
  Visitor(uid_t uid, gid_t gid, std::function<Seen()> visit, VisitBy by = VisitBy::thread);
  ~Visitor();
  Visitor(const Visitor&) = delete;
  Visitor& operator=(const Visitor&) = delete;
  // Waits for its end.
  Seen finish();

 private:
  void start_process(uid_t uid, gid_t gid, const std::function<Seen()>& visit);

  pid_t pid_ = -1;
  Fd result_;
  std::future<Seen> seen_;
};

Seen as_user(uid_t uid, gid_t gid, const std::function<Seen()>& visit);

// For use inside a visit.
Seen read_path(const std::string& path, int flags = 0);
Seen read_fd(int fd);
Seen list(const std::string& path);
Seen inode(const std::string& path);

inline constexpr uid_t kOwner = 4321;
inline constexpr uid_t kStranger = 4322;
inline constexpr uid_t kContainer = 700'033;
secrets::ViewOwner owner();

struct Secret {
  std::string path;
  std::string value;
  mode_t mode = 0400;
  std::string failure{};
};
std::shared_ptr<const secrets::ViewSnapshot> snapshot(const std::string& generation,
                                                      const std::vector<Secret>& secrets);

// A temporary directory that everybody may pass through, whose mounts are gone before it is.
class Place {
 public:
  Place();
  ~Place();
  [[nodiscard]] std::string path(const std::string& below) const { return directory_.path() + '/' + below; }
  [[nodiscard]] const std::string& root() const { return directory_.path(); }

 private:
  TemporaryDirectory directory_;
};

}  // namespace hwcsync::test
