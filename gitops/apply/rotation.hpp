#pragma once

#include "gitops/apply/container_runtime.hpp"
#include "gitops/plan/plan.hpp"
#include "src/base/clock.hpp"

#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace hwcsync::apply {

// A stack of style compose whose unit is reloaded instead of restarted.
struct ReloadedStack {
  std::string stack;
  plan::InPlace services;
};

// Who has to see new values, by unit (with ".service").
struct Rotation {
  std::set<std::string> units;
  std::map<std::string, ReloadedStack> in_place;  // of those units; the others restart whole
};

// Of the secrets that have new values, or may have them.
[[nodiscard]] Rotation rotation_of(std::span<const plan::SecretChange> secrets);

// What tells `compose-stack reload` whose containers new values have to reach: <runtime_dir>/rotated/<stack>,
// lines "since SECONDS" (of the epoch), "restart SERVICE", "anew SERVICE" and "was ID:PID" for each container
// that ran before. Other ones, which started later, have the new values already. The files go with the
// object.
class RotationLists {
 public:
  // `before`: what ran when the run began. Throws SystemError.
  RotationLists(const std::string& runtime_dir, WallTime since, std::span<const ReloadedStack> stacks,
                std::span<const ContainerStatus> before);
  ~RotationLists();
  RotationLists(const RotationLists&) = delete;
  RotationLists& operator=(const RotationLists&) = delete;

 private:
  std::vector<std::string> files_;
};

}  // namespace hwcsync::apply
