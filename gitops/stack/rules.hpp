#pragma once

#include <optional>
#include <string>
#include <vector>

namespace hwcsync::stack {

// The lint rules that `policy` may name; the rules themselves are in gitops/lint, whose test holds both lists
// together.
[[nodiscard]] const std::vector<std::string>& rule_names();

}  // namespace hwcsync::stack
