#pragma once

#include "secrets/service/service.hpp"
#include "secrets/view/view_mount.hpp"
#include "src/base/service_notify.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace hwcsync::secrets {

// How views are shown. With ramfs nobody decides each access: see what_ramfs_lacks().
enum class Backend { fuse, ramfs };

// Where the views of a service are mounted and bound.
struct ViewPlaces {
  std::string runtime_dir;
  std::string user_runtime_root;
  Backend backend = Backend::fuse;
};

// For status and doctor: a sentence each.
[[nodiscard]] std::vector<std::string> what_ramfs_lacks();

// What each user's view shows.
using Snapshots = std::map<uid_t, std::shared_ptr<const ViewSnapshot>>;

// Takes away the views of the service at these places that nobody answers for any more: they would hang or
// fail everybody who touches them. `alive` are the devices of those that somebody does. What a service with
// another runtime directory mounted is left alone.
void detach_views(const ViewPlaces& places, const std::set<std::string>& alive);

// All views of the service, by uid: mounted at <runtime_dir>/view/<uid>, bound to
// <user_runtime_root>/<uid>/secrets. Belongs to the main thread.
class ViewTable {
 public:
  using Places = ViewPlaces;
  // Gives a user's view of a stored generation by ViewSnapshot::handle(); see FormerGeneration.
  using Former = std::function<std::shared_ptr<const ViewSnapshot>(uid_t uid, std::uint64_t handle)>;
  ViewTable(Places places, AccessObserver observer, Former former);
  // Without a service manager that keeps the descriptors, unmounts everything; with one, leaves it to a
  // successor.
  ~ViewTable();
  ViewTable(const ViewTable&) = delete;
  ViewTable& operator=(const ViewTable&) = delete;

  // Once, at start: goes on with the views whose descriptors were handed back, and takes away the dead ones.
  // Users that `snapshots` does not know get an empty view. Gives a line for each thing that could not be
  // taken over.
  std::vector<std::string> start(std::vector<PassedFd> passed, const Snapshots& snapshots,
                                 const std::string& generation);

  // Mounts what is missing, then swaps all views to these snapshots; a user without one gets an empty view.
  // Binds where it can. Users fail apart: what stands in the way of one is in the status and the log, and
  // mend() tries again. Throws Error before any swap when not one view can be mounted.
  void show(const Snapshots& snapshots, const std::string& generation);

  // Tries again what failed for single users. To be called now and then.
  void mend(const Snapshots& snapshots, const std::string& generation);

  // Makes sure of one view; gives how it stands.
  ViewStatus ensure(uid_t uid, const Snapshots& snapshots, const std::string& generation);

  // The last resort: a view whose server has been at one request for longer than this answers nobody, so its
  // readers are let go with an error and it is mounted anew. A successor of the whole process would be stuck
  // at the same request. Gives the users concerned.
  std::vector<uid_t> abort_stuck(std::chrono::milliseconds limit, const Snapshots& snapshots,
                                 const std::string& generation);

  [[nodiscard]] std::vector<ViewStatus> status() const;

  // The views of these users that are not there or show something else. What only keeps one out of a runtime
  // directory does not count: its user could stop everybody's deployment with it.
  [[nodiscard]] std::vector<ViewStatus> without(const Snapshots& snapshots) const;

  // Users who do not see what they should, sorted.
  [[nodiscard]] std::vector<uid_t> failed() const;

 private:
  struct Held {
    std::unique_ptr<View> mount;
    std::string bound{};
    std::string problem{};  // why it is not bound
    std::string stale{};    // why it does not show the present generation
    std::size_t files = 0;
    bool taken_over = false;
  };

  Held& mounted(uid_t uid, const Snapshots& snapshots, const std::string& generation);
  // The same, but what fails is noted in missing_. Gives nullptr then.
  Held* try_mounted(uid_t uid, const Snapshots& snapshots, const std::string& generation);
  static void set(uid_t uid, Held& held, std::shared_ptr<const ViewSnapshot> snapshot);
  void bind(uid_t uid, Held& held) const;
  [[nodiscard]] std::string path_of(uid_t uid) const;
  [[nodiscard]] ViewMount::Parts parts_of(uid_t uid, std::shared_ptr<const ViewSnapshot> snapshot) const;
  // Whether it answers, and at its place: `umount -l` leaves the server with whoever is inside.
  [[nodiscard]] bool in_place(uid_t uid, const Held& held) const;
  [[nodiscard]] ViewStatus describe(uid_t uid, const Held& held) const;
  [[nodiscard]] std::unique_ptr<View> make_view(uid_t uid,
                                                std::shared_ptr<const ViewSnapshot> snapshot) const;
  // The users whose ramfs a predecessor left.
  [[nodiscard]] std::vector<uid_t> left_behind() const;

  Places places_;
  AccessObserver observer_;
  Former former_;
  std::map<uid_t, Held> views_;
  std::map<uid_t, std::string> missing_;          // who has no view, and why
  std::vector<std::unique_ptr<View>> abandoned_;  // aborted; their threads may still be stuck
};

}  // namespace hwcsync::secrets
