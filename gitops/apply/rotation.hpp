#pragma once

#include "gitops/plan/plan.hpp"
#include "src/base/clock.hpp"

#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace hwcsync::apply {

// A stack of style compose whose unit is reloaded, and the services whose containers then restart.
struct InPlace {
  std::string stack;
  std::set<std::string> services;
};

// Who has to see new values, by unit (with ".service").
struct Rotation {
  std::set<std::string> units;
  std::map<std::string, InPlace> in_place;  // of those units; the others restart whole
};

// Of the secrets that have new values, or may have them.
[[nodiscard]] Rotation rotation_of(std::span<const plan::SecretChange> secrets);

// What tells `compose-stack reload` whose containers read new values as files: <runtime_dir>/rotated/<stack>,
// a line "since SECONDS" (of the epoch) and a line for each service. Containers that started later have read
// them already. The files go with the object.
class RotationLists {
 public:
  // Throws SystemError.
  RotationLists(const std::string& runtime_dir, WallTime since, std::span<const InPlace> stacks);
  ~RotationLists();
  RotationLists(const RotationLists&) = delete;
  RotationLists& operator=(const RotationLists&) = delete;

 private:
  std::vector<std::string> files_;
};

}  // namespace hwcsync::apply
