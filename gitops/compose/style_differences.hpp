#pragma once

#include "gitops/compose/model.hpp"

#include <string>
#include <vector>

namespace hwcsync::compose {

// One thing that a project gets differently in style compose and in style oci.
struct StyleDifference {
  std::string what;                   // "restart", "container names"
  std::string provider;               // what style compose does
  std::string containers;             // what style oci does
  std::vector<std::string> services;  // that it is about, sorted; empty: the whole stack
  bool operator==(const StyleDifference&) const = default;
};

// Only what applies to this project. Pure, in a fixed order.
[[nodiscard]] std::vector<StyleDifference> style_differences(const Project& project);

}  // namespace hwcsync::compose
