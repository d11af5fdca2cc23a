#pragma once

#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace hwcsync::daemon {

enum class Right { read, act };

// Who calls on the control socket, as the kernel and the user database know it.
struct Caller {
  uid_t uid = 0;
  std::string name;           // "eric", or the number when nobody has it
  std::vector<gid_t> groups;  // primary and supplementary
};

// Everyone may read the status; root and the members of group hwcsync may act. Without that group: root only.
// Pure.
[[nodiscard]] bool permitted(const Caller& caller, Right right, std::optional<gid_t> hwcsync_group);

// From the user database, as it is now: a membership that was taken away counts at once.
[[nodiscard]] Caller caller_of(uid_t uid, gid_t gid);
[[nodiscard]] std::optional<gid_t> hwcsync_group();

}  // namespace hwcsync::daemon
