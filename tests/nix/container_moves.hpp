#pragma once

#include "src/base/json.hpp"

#include <set>
#include <string>

namespace hwcsync::test {

// Which containers of a stack of style oci NixOS starts anew between two rendered modules (what their
// configuration means): those whose unit or container has another text, and those that require or are bound
// to such a unit. Description=, reload triggers and who wants a unit are no reason to NixOS'
// switch-to-configuration. Names of containers; only of those that both have.
[[nodiscard]] std::set<std::string> moved_containers(const Json& before, const Json& after);

}  // namespace hwcsync::test
