#include "secrets/view/access.hpp"

#include "src/base/error.hpp"
#include "src/base/fd.hpp"
#include "src/base/text.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

#include <pwd.h>
#include <sys/stat.h>

namespace hwcsync::secrets {
namespace {

std::optional<std::uint32_t> number(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || code != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string user_name(uid_t uid) {
  std::vector<char> buffer(16384);
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) return {};
  return found->pw_name;
}

}  // namespace

Verdict decide_insider(const ViewOwner& owner, const Caller& caller) noexcept {
  const bool inside = caller.uid == owner.uid || std::ranges::any_of(owner.sub_uids, [&](IdRange range) {
                        return range.contains(caller.uid);
                      });
  return inside ? Verdict::allow : Verdict::deny;
}

Verdict decide(const ViewOwner& owner, const Caller& caller, const ViewEntry& entry) noexcept {
  const bool allowed = decide_insider(owner, caller) == Verdict::allow || caller.uid == entry.uid ||
                       ((entry.mode & S_IRGRP) != 0 && caller.gid == entry.gid) ||
                       (entry.mode & S_IROTH) != 0;
  return allowed ? Verdict::allow : Verdict::deny;
}

Verdict decide(const ViewOwner& owner, const Caller& caller, const ViewSnapshot::Node& node) noexcept {
  if (decide_insider(owner, caller) == Verdict::allow) return Verdict::allow;
  if (node.kind == ViewSnapshot::Kind::file) return decide(owner, caller, *node.entry);
  const bool something = std::ranges::any_of(node.children, [&](const ViewSnapshot::Node* child) {
    return child->kind != ViewSnapshot::Kind::marker && decide(owner, caller, *child) == Verdict::allow;
  });
  return something ? Verdict::allow : Verdict::deny;
}

std::vector<IdRange> parse_sub_ids(std::string_view text, std::string_view user, uid_t uid) {
  std::vector<IdRange> out;
  for (const std::string& line : split(text, '\n')) {
    const std::vector<std::string> fields = split(trim(line), ':');
    if (fields.size() != 3 || fields[0].empty()) continue;
    if (fields[0] != user && number(fields[0]) != uid) continue;
    const auto first = number(fields[1]);
    const auto count = number(fields[2]);
    // A range that holds system users, or wraps around, would hand this view to other people of the host.
    if (!first || !count || *count == 0 || *first < 65536 || UINT32_MAX - *first < *count) continue;
    out.push_back({*first, *count});
  }
  return out;
}

ViewOwner read_owner(uid_t uid) {
  ViewOwner owner{.uid = uid};
  try {
    owner.sub_uids = parse_sub_ids(read_file("/etc/subuid", 1U << 20U), user_name(uid), uid);
  } catch (const SystemError&) {
    // No such file, no ranges: the owner alone.
  }
  return owner;
}

}  // namespace hwcsync::secrets
