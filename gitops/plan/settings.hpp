#pragma once

#include "gitops/plan/stacks.hpp"

#include <string>
#include <vector>

// What stack.yaml says on both sides of a plan, in the words of its keys.
namespace hwcsync::plan {

// "what a -> b" where the two differ; "(none)" stands for nothing.
void compare_text(std::vector<std::string>& out, const std::string& what, const std::string& before,
                  const std::string& after);

// Texts of the stack's units: they take effect by a restart of the units.
[[nodiscard]] std::vector<std::string> unit_differences(const layout::Stack& before,
                                                        const layout::Stack& after);

// What NixOS applies around the units: firewall, directories, routes, description.
[[nodiscard]] std::vector<std::string> surrounding_differences(const StackPair& pair);

}  // namespace hwcsync::plan
