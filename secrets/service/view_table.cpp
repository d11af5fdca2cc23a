#include "secrets/service/view_table.hpp"

#include "secrets/view/mount_table.hpp"
#include "secrets/view/ramfs_view.hpp"
#include "secrets/view/view_mount.hpp"
#include "src/base/error.hpp"
#include "src/base/log.hpp"

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
    const bool ours =
        mount->path.starts_with(places.runtime_dir + "/view/") ||
        mount->path.starts_with(places.runtime_dir + "/ramfs/") ||
        (mount->path.starts_with(places.user_runtime_root + '/') && mount->path.ends_with("/secrets"));
    if (is_view(*mount) && ours && !alive.contains(mount->device)) detach_mount(mount->path);
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
    const auto shown = snapshot_for(uid, snapshots, generation);
    views_.insert_or_assign(uid, Held{.mount = make_view(uid, shown), .files = shown->entries().size()});
    if (const auto there = mounted_at(mounts, path_of(uid))) alive.insert(there->device);
  }
  detach_views(places_, alive);
  for (auto& [uid, held] : views_) bind(uid, held);
  return problems;
}

ViewTable::Held& ViewTable::mounted(uid_t uid, const Snapshots& snapshots, const std::string& generation) {
  const auto known = views_.find(uid);
  if (known != views_.end() && known->second.mount->serving()) return known->second;
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

void ViewTable::show(const Snapshots& snapshots, const std::string& generation) {
  for (const auto& [uid, snapshot] : snapshots) mounted(uid, snapshots, generation);
  for (auto& [uid, held] : views_) {
    auto shown = snapshot_for(uid, snapshots, generation);
    held.files = shown->entries().size();
    // The ranges are read again: the switch may have created the user since.
    held.mount->set(read_owner(uid), std::move(shown));
  }
  for (auto& [uid, held] : views_) bind(uid, held);
}

ViewStatus ViewTable::ensure(uid_t uid, const Snapshots& snapshots, const std::string& generation) {
  Held& held = mounted(uid, snapshots, generation);
  held.mount->set(read_owner(uid), snapshot_for(uid, snapshots, generation));
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
    ensure(uid, snapshots, generation);
  }
  return out;
}

void ViewTable::bind(uid_t uid, Held& held) const {
  const std::string target = places_.user_runtime_root + '/' + std::to_string(uid) + "/secrets";
  held.problem.clear();
  held.bound.clear();
  // Units of root read /run/hwcsync/view/0; /run/user/0 comes and goes with root's logins.
  if (uid == 0) return;
  try {
    if (bind_view(path_of(uid), places_.user_runtime_root, uid) != BindOutcome::no_parent)
      held.bound = target;
  } catch (const Error& error) {
    held.problem = error.what();
    if (!error.text().hint.empty()) held.problem += " (" + error.text().hint + ')';
    log(LogLevel::warning, "cannot bind view", {{"uid", std::to_string(uid)}, {"reason", held.problem}});
  }
}

ViewStatus ViewTable::describe(uid_t uid, const Held& held) const {
  const FuseServer* server = held.mount->server();
  return {.uid = uid,
          .path = path_of(uid),
          .bound = held.bound,
          .problem = held.mount->serving() ? held.problem : "unmounted or aborted by somebody",
          .files = held.files,
          .taken_over = held.taken_over,
          .requests_lost = server != nullptr && server->resend() == Resend::unsupported};
}

std::vector<ViewStatus> ViewTable::status() const {
  std::vector<ViewStatus> out;
  for (const auto& [uid, held] : views_) out.push_back(describe(uid, held));
  return out;
}

}  // namespace hwcsync::secrets
