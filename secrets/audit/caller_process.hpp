#pragma once

#include "secrets/audit/audit_log.hpp"

#include <string>
#include <string_view>

#include <sys/types.h>

namespace hwcsync::secrets {

// What /proc tells of a thread that asks for a secret. Labels for people, not walls: a user's own processes
// may move between that user's cgroups. Empty where it could not be read (another pid namespace, or gone).
struct CallerProcess {
  pid_t pid = 0;          // of the process, not of the thread
  std::string exe;        // "/nix/store/...-podman-5.4.0/bin/podman"
  std::string unit;       // "immich-stack.service"
  std::string container;  // 64 hex digits as podman writes them into the cgroup's name
};

// Never throws; any thread. True to the caller only while the caller waits for us.
[[nodiscard]] CallerProcess identify_caller(pid_t tid) noexcept;

// Identifies who opens and remembers it for the reads of the same thread that follow: looking into /proc
// costs more than all the rest of a read. A program that was started in between is told under the name of the
// one that opened. One object a view's thread.
class CallerMemory {
 public:
  // Of a read the answer to the open before it, when that came from this thread and for this path.
  [[nodiscard]] const CallerProcess& identify(pid_t tid, std::string_view path, AuditOp op);

 private:
  pid_t tid_ = 0;
  std::string path_;
  CallerProcess process_;
};

// Unit and container of the text of /proc/<pid>/cgroup (cgroups(7)): the innermost *.service or *.scope that
// is not a container's, and the innermost libpod-<id>.
struct CgroupLabels {
  std::string unit;
  std::string container;
  bool operator==(const CgroupLabels&) const = default;
};
[[nodiscard]] CgroupLabels parse_cgroup(std::string_view text);

}  // namespace hwcsync::secrets
