#pragma once

#include "gitops/plan/stacks.hpp"

#include <string>
#include <vector>

// What stack.yaml says on both sides of a plan, in the words of its keys.
namespace hwcsync::plan {

// Where podman of a user keeps its things: what `storage` names, else its own place below the home.
[[nodiscard]] stack::Storage storage_of(const std::string& user, const stack::User& account);
// The same user with another place: what is in the old one is not seen any more.
[[nodiscard]] bool is_moved(const layout::Stack& before, const layout::Stack& after);
// "/srv/containers (overlay)".
[[nodiscard]] std::string described(const stack::Storage& storage);

// "what a -> b" where the two differ; "(none)" stands for nothing.
void compare_text(std::vector<std::string>& out, const std::string& what, const std::string& before,
                  const std::string& after);

// Texts of the stack's units: they take effect by a restart of the units.
[[nodiscard]] std::vector<std::string> unit_differences(const layout::Stack& before,
                                                        const layout::Stack& after);

// Published ports that the host's firewall guards no longer, or only now. Root's are forwarded before it sees
// them; a user's are taken by a process of the host.
[[nodiscard]] std::vector<std::string> port_differences(const layout::Stack& before,
                                                        const layout::Stack& after);

// What NixOS applies around the units: firewall, directories, routes, description.
[[nodiscard]] std::vector<std::string> surrounding_differences(const StackPair& pair);

}  // namespace hwcsync::plan
