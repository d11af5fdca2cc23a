#pragma once

#include "gitops/layout/open_ports.hpp"
#include "gitops/plan/plan.hpp"
#include "gitops/stack/release.hpp"

#include <optional>
#include <string>

namespace hwcsync::plan {

// A stack on both sides of a plan; absent where the host does not run it.
struct StackPair {
  std::string name;
  std::optional<layout::Stack> before;
  std::optional<layout::Stack> after;
  layout::OpenPorts was_open = {};  // in the firewall, before and after
  layout::OpenPorts opens = {};
  bool before_unreadable = false;  // it was deployed, but its files no longer parse: compared as files
};

// What happens to this stack. Action::none and no reasons: nothing.
[[nodiscard]] StackChange compare_stack(const StackPair& pair);

// Another NixOS release may have the units of containers written with other options.
void count_release(StackChange& change, const StackPair& pair, const stack::Release& before,
                   const stack::Release& after);

// The stack's action follows from those of its services and of its unit; called again when secrets add
// services.
void settle_action(StackChange& change, const layout::Stack& after);

}  // namespace hwcsync::plan
