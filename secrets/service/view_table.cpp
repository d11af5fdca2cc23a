#include "secrets/service/view_table.hpp"

#include "secrets/view/mount_table.hpp"
#include "secrets/view/open_directory.hpp"
#include "secrets/view/ramfs_view.hpp"
#include "secrets/view/view_mount.hpp"
#include "src/base/error.hpp"
#include "src/base/log.hpp"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <optional>
#include <set>
#include <utility>

namespace hwcsync::secrets {
namespace {

// Names in systemd's descriptor store.
std::string fuse_name(uid_t uid) {
  return "view-" + std::to_string(uid);
}
std::string init_name(uid_t uid) {
  return fuse_name(uid) + "-init";
}

struct StoredName {
  uid_t uid = 0;
  bool is_init = false;
};

std::optional<StoredName> parse_name(std::string_view name) {
  if (!name.starts_with("view-")) return std::nullopt;
  name.remove_prefix(5);
  StoredName out;
  const auto [end, code] = std::from_chars(name.data(), name.data() + name.size(), out.uid);
  if (code != std::errc{}) return std::nullopt;
  const std::string_view rest(end, static_cast<std::size_t>(name.data() + name.size() - end));
  if (!rest.empty() && rest != "-init") return std::nullopt;
  out.is_init = !rest.empty();
  return out;
}

std::shared_ptr<const ViewSnapshot> snapshot_for(uid_t uid, const Snapshots& snapshots,
                                                 const std::string& generation) {
  const auto found = snapshots.find(uid);
  if (found != snapshots.end()) return found->second;
  return std::make_shared<const ViewSnapshot>(generation, std::vector<ViewEntry>{}, nullptr,
                                              std::time(nullptr));
}

std::string in_full(const Error& error) {
  const std::string& hint = error.text().hint;
  return hint.empty() ? error.what() : std::string(error.what()) + " (" + hint + ')';
}

void keep_for_successor(uid_t uid, const FuseServer& server) {
  if (!service_manager_listens()) return;
  const Fd sealed = seal_init(server.init_request());
  store_fd(init_name(uid), sealed.get());
  store_fd(fuse_name(uid), server.fuse_fd());
}

void forget_kept(uid_t uid) {
  forget_stored_fd(fuse_name(uid));
  forget_stored_fd(init_name(uid));
}

}  // namespace

void detach_views(const ViewPlaces& places, const std::set<std::string>& alive) {
  const auto mounts = current_mounts();
  // The last mounted first, so that what is stacked comes off in order.
  for (auto mount = mounts.rbegin(); mount != mounts.rend(); ++mount) {
    const bool place_of_ours = mount->path.starts_with(places.runtime_dir + "/view/") ||
                               mount->path.starts_with(places.runtime_dir + "/ramfs/");
    const bool bind_of_ours = mount->source.starts_with(source_of(places.runtime_dir + "/view/")) &&
                              mount->path.starts_with(places.user_runtime_root + '/') &&
                              mount->path.ends_with("/secrets");
    if (!is_view(*mount) || !(place_of_ours || bind_of_ours) || alive.contains(mount->device)) continue;
    try {
      detach_mount(mount->path);
    } catch (const SystemError& error) {
      log(LogLevel::warning, "cannot take a dead view away",
          {{"path", mount->path}, {"reason", error.what()}});
    }
  }
}

std::vector<std::string> what_ramfs_lacks() {
  return {"reads are not recorded, so the audit log stays empty",
          "a file that is open or bound into a container keeps its value until it is closed or the container "
          "starts again, also when the secret is rotated or revoked",
          "users of containers read only files whose mode lets others read; the view itself is its owner's "
          "alone"};
}

ViewTable::ViewTable(Places places, AccessObserver observer, Former former)
    : places_(std::move(places)), observer_(std::move(observer)), former_(std::move(former)) {}

ViewTable::~ViewTable() {
  if (service_manager_listens()) return;
  for (auto& [uid, held] : views_) {
    try {
      if (!held.bound.empty()) detach_mount(held.bound);
      held.mount->unmount();
    } catch (const std::exception& error) {
      log(LogLevel::warning, "cannot unmount view", {{"uid", std::to_string(uid)}, {"reason", error.what()}});
    }
  }
}

std::string ViewTable::path_of(uid_t uid) const {
  return places_.runtime_dir + "/view/" + std::to_string(uid);
}

std::unique_ptr<View> ViewTable::make_view(uid_t uid, std::shared_ptr<const ViewSnapshot> snapshot) const {
  open_directory_up(places_.runtime_dir + "/view", 0711);
  if (places_.backend == Backend::fuse) return ViewMount::mount(parts_of(uid, std::move(snapshot)));
  return std::make_unique<RamfsView>(
      RamfsView::Parts{.backing = places_.runtime_dir + "/ramfs/" + std::to_string(uid),
                       .path = path_of(uid),
                       .owner = read_owner(uid),
                       .snapshot = std::move(snapshot)});
}

std::vector<uid_t> ViewTable::left_behind() const {
  std::vector<uid_t> out;
  const std::string prefix = places_.runtime_dir + "/ramfs/";
  for (const MountPoint& mount : current_mounts()) {
    if (places_.backend != Backend::ramfs || !is_view(mount) || !mount.path.starts_with(prefix)) continue;
    const std::string_view name = std::string_view(mount.path).substr(prefix.size());
    uid_t uid = 0;
    const auto [end, code] = std::from_chars(name.data(), name.data() + name.size(), uid);
    if (code == std::errc{} && end == name.data() + name.size()) out.push_back(uid);
  }
  return out;
}

ViewMount::Parts ViewTable::parts_of(uid_t uid, std::shared_ptr<const ViewSnapshot> snapshot) const {
  return {.path = path_of(uid),
          .owner = read_owner(uid),
          .snapshot = std::move(snapshot),
          .observer = observer_,
          .former = [this, uid](std::uint64_t handle) { return former_(uid, handle); }};
}

std::vector<std::string> ViewTable::start(std::vector<PassedFd> passed, const Snapshots& snapshots,
                                          const std::string& generation) {
  std::vector<std::string> problems;
  struct Kept {
    Fd fuse;
    Fd init;
  };
  std::map<uid_t, Kept> kept;
  for (PassedFd& one : passed) {
    if (const auto name = parse_name(one.name))
      (name->is_init ? kept[name->uid].init : kept[name->uid].fuse) = std::move(one.fd);
  }
  const auto mounts = current_mounts();
  std::set<std::string> alive;  // devices
  for (auto& [uid, fds] : kept) {
    try {
      const auto there = mounted_at(mounts, path_of(uid));
      if (places_.backend == Backend::ramfs)
        throw Error("cannot take over", path_of(uid), "the host's configuration asks for a ramfs");
      if (!there || there->type != kViewType)
        throw Error("cannot take over", path_of(uid), "it is not mounted any more");
      if (!fds.fuse.valid() || !fds.init.valid()) {
        throw Error("cannot take over", path_of(uid), "only one of its two descriptors was kept");
      }
      const auto shown = snapshot_for(uid, snapshots, generation);
      Held held{.mount = ViewMount::take_over(
                    parts_of(uid, shown), {.fuse = std::move(fds.fuse), .init = read_sealed_init(fds.init)}),
                .files = shown->entries().size(),
                .taken_over = true};
      alive.insert(there->device);
      views_.insert_or_assign(uid, std::move(held));
    } catch (const Error& error) {
      problems.emplace_back(error.what());
      forget_kept(uid);
    }
  }
  for (const uid_t uid : left_behind()) {
    // What fails is taken away below and mounted anew later.
    if (try_mounted(uid, snapshots, generation) == nullptr) continue;
    if (const auto there = mounted_at(mounts, path_of(uid))) alive.insert(there->device);
  }
  detach_views(places_, alive);
  for (auto& [uid, held] : views_) bind(uid, held);
  return problems;
}

ViewTable::Held& ViewTable::mounted(uid_t uid, const Snapshots& snapshots, const std::string& generation) {
  const auto known = views_.find(uid);
  if (known != views_.end() && in_place(uid, known->second)) return known->second;
  if (known != views_.end()) {
    // Somebody has unmounted or aborted it.
    forget_kept(uid);
    detach_mount(path_of(uid));
    views_.erase(known);
  }
  const auto shown = snapshot_for(uid, snapshots, generation);
  Held held{.mount = make_view(uid, shown), .files = shown->entries().size()};
  if (const FuseServer* server = held.mount->server()) keep_for_successor(uid, *server);
  return views_.insert_or_assign(uid, std::move(held)).first->second;
}

ViewTable::Held* ViewTable::try_mounted(uid_t uid, const Snapshots& snapshots,
                                        const std::string& generation) {
  std::string reason;
  try {
    Held& held = mounted(uid, snapshots, generation);
    missing_.erase(uid);
    return &held;
  } catch (const Error& error) {
    reason = in_full(error);
  } catch (const std::exception& error) {
    reason = error.what();
  }
  // Once, not with every try.
  if (std::exchange(missing_[uid], reason) != reason)
    log(LogLevel::error, "cannot mount view", {{"uid", std::to_string(uid)}, {"reason", reason}});
  return nullptr;
}

void ViewTable::set(uid_t uid, Held& held, std::shared_ptr<const ViewSnapshot> snapshot) {
  const std::size_t files = snapshot->entries().size();
  std::string reason;
  try {
    // The ranges are read again: the switch may have created the user since.
    held.mount->set(read_owner(uid), std::move(snapshot));
    held.files = files;
  } catch (const Error& error) {
    reason = in_full(error);
  } catch (const std::exception& error) {
    reason = error.what();
  }
  if (!reason.empty()) reason = "it shows what was served before: " + reason;
  if (reason != held.stale && !reason.empty())
    log(LogLevel::error, "cannot show secrets", {{"uid", std::to_string(uid)}, {"reason", reason}});
  held.stale = std::move(reason);
}

void ViewTable::show(const Snapshots& snapshots, const std::string& generation) {
  std::erase_if(missing_, [&](const auto& one) { return !snapshots.contains(one.first); });
  std::size_t there = 0;
  for (const auto& [uid, snapshot] : snapshots) {
    if (try_mounted(uid, snapshots, generation) != nullptr) ++there;
  }
  if (there == 0 && !snapshots.empty())
    throw Error("cannot show secrets to", "any user", missing_.begin()->second);
  for (auto& [uid, held] : views_) set(uid, held, snapshot_for(uid, snapshots, generation));
  for (auto& [uid, held] : views_) bind(uid, held);
}

void ViewTable::mend(const Snapshots& snapshots, const std::string& generation) {
  for (const uid_t uid : failed()) {
    Held* held = try_mounted(uid, snapshots, generation);
    if (held == nullptr) continue;
    if (!held->stale.empty()) set(uid, *held, snapshot_for(uid, snapshots, generation));
    bind(uid, *held);
    if (held->stale.empty() && held->problem.empty())
      log(LogLevel::info, "view is there after all", {{"uid", std::to_string(uid)}});
  }
}

std::vector<uid_t> ViewTable::failed() const {
  std::set<uid_t> out;
  for (const auto& [uid, reason] : missing_) out.insert(uid);
  for (const auto& [uid, held] : views_) {
    if (!held.stale.empty() || !held.problem.empty() || !in_place(uid, held)) out.insert(uid);
  }
  return {out.begin(), out.end()};
}

ViewStatus ViewTable::ensure(uid_t uid, const Snapshots& snapshots, const std::string& generation) {
  Held& held = mounted(uid, snapshots, generation);
  missing_.erase(uid);
  set(uid, held, snapshot_for(uid, snapshots, generation));
  bind(uid, held);
  return describe(uid, held);
}

std::vector<uid_t> ViewTable::abort_stuck(std::chrono::milliseconds limit, const Snapshots& snapshots,
                                          const std::string& generation) {
  std::vector<uid_t> out;
  for (const auto& [uid, held] : views_) {
    const FuseServer* server = held.mount->server();
    if (server != nullptr && server->serving() && server->busy_for() > limit) out.push_back(uid);
  }
  for (const uid_t uid : out) {
    if (const auto there = mounted_at(current_mounts(), path_of(uid)); there && is_view(*there))
      abort_view(path_of(uid));
    // What it was stuck in may be over now; joining its thread would wait for it if not.
    abandoned_.push_back(std::move(views_.at(uid).mount));
    forget_kept(uid);
    detach_mount(path_of(uid));
    views_.erase(uid);
    // What fails is in the status, and mend() tries again.
    if (Held* held = try_mounted(uid, snapshots, generation)) bind(uid, *held);
  }
  return out;
}

void ViewTable::bind(uid_t uid, Held& held) const {
  const std::string target = places_.user_runtime_root + '/' + std::to_string(uid) + "/secrets";
  const std::string before = std::exchange(held.problem, {});
  held.bound.clear();
  // Units of root read /run/hwcsync/view/0; /run/user/0 comes and goes with root's logins.
  if (uid == 0) return;
  try {
    if (bind_view(path_of(uid), places_.user_runtime_root, uid) != BindOutcome::no_parent)
      held.bound = target;
  } catch (const Error& error) {
    held.problem = in_full(error);
    if (held.problem != before)
      log(LogLevel::warning, "cannot bind view", {{"uid", std::to_string(uid)}, {"reason", held.problem}});
  }
}

bool ViewTable::in_place(uid_t uid, const Held& held) const {
  if (!held.mount->serving()) return false;
  const auto there = mounted_at(current_mounts(), path_of(uid));
  return there && is_view(*there) && there->source == source_of(path_of(uid));
}

ViewStatus ViewTable::describe(uid_t uid, const Held& held) const {
  const FuseServer* server = held.mount->server();
  return {.uid = uid,
          .path = path_of(uid),
          .bound = held.bound,
          .problem = !in_place(uid, held)  ? "unmounted or aborted by somebody"
                     : !held.stale.empty() ? held.stale
                                           : held.problem,
          .files = held.files,
          .taken_over = held.taken_over,
          .requests_lost = server != nullptr && server->resend() == Resend::unsupported};
}

std::vector<ViewStatus> ViewTable::without(const Snapshots& snapshots) const {
  std::vector<ViewStatus> out;
  for (const auto& [uid, snapshot] : snapshots) {
    const auto held = views_.find(uid);
    const auto missing = missing_.find(uid);
    if (missing != missing_.end()) {
      out.push_back({.uid = uid, .path = path_of(uid), .problem = missing->second});
    } else if (held != views_.end() && (!held->second.stale.empty() || !in_place(uid, held->second))) {
      out.push_back(describe(uid, held->second));
    }
  }
  return out;
}

std::vector<ViewStatus> ViewTable::status() const {
  std::vector<ViewStatus> out;
  for (const auto& [uid, held] : views_) out.push_back(describe(uid, held));
  for (const auto& [uid, reason] : missing_)
    out.push_back({.uid = uid, .path = path_of(uid), .problem = reason});
  std::ranges::sort(out, {}, &ViewStatus::uid);
  return out;
}

}  // namespace hwcsync::secrets
