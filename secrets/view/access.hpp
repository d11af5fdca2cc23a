#pragma once

#include "secrets/view/snapshot.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace hwcsync::secrets {

struct IdRange {
  std::uint32_t first = 0;
  std::uint32_t count = 0;
  [[nodiscard]] bool contains(std::uint32_t id) const noexcept { return id >= first && id - first < count; }
  bool operator==(const IdRange&) const = default;
};

// Whose view it is. The ranges are what rootless containers of this user map their users to.
struct ViewOwner {
  uid_t uid = 0;
  std::vector<IdRange> sub_uids{};
};

// Who asks, as the kernel tells it with each request. `tid` is a thread id, 0 when the caller's pid namespace
// is not ours.
struct Caller {
  uid_t uid = 0;
  gid_t gid = 0;
  pid_t tid = 0;
};

enum class Verdict { allow, deny };

// The owner, and the users of the owner's containers.
[[nodiscard]] Verdict decide_insider(const ViewOwner& owner, const Caller& caller) noexcept;

// Who may read one file: insiders; the uid that the file is for; the file's group and everybody else as far
// as its mode says so. Root is nobody special: it reads the view of uid 0 and what others are given by mode.
// (Root can read our memory all the same; this keeps it from reading by accident: backups, updatedb, cp -a
// /run.)
[[nodiscard]] Verdict decide(const ViewOwner& owner, const Caller& caller, const ViewEntry& entry) noexcept;

// Whether this name may be seen at all: a directory when something below it may.
[[nodiscard]] Verdict decide(const ViewOwner& owner, const Caller& caller,
                             const ViewSnapshot::Node& node) noexcept;

// One decision, for the audit. The caller waits in the kernel until the observer returns, so /proc/<tid> is
// still it.
struct AccessEvent {
  enum class Op { open, read, deny };
  Op op = Op::open;
  uid_t view = 0;
  Caller caller;
  std::string_view generation;
  std::string_view path;   // below the view
  std::string_view stack;  // empty for what is no secret
  std::string_view secret;
  int result = 0;  // errno value
};

// Called on the view's own thread; must not throw, block or touch a view.
using AccessObserver = std::function<void(const AccessEvent&)>;

// The ranges of one user in the text of /etc/subuid; lines name the user or give the number. Bad lines are
// skipped.
[[nodiscard]] std::vector<IdRange> parse_sub_ids(std::string_view text, std::string_view user, uid_t uid);

// The owner as the host knows it now: passwd and /etc/subuid. A user who does not exist (yet) has no ranges.
[[nodiscard]] ViewOwner read_owner(uid_t uid);

}  // namespace hwcsync::secrets
