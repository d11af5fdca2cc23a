#pragma once

#include <optional>
#include <string>
#include <vector>

namespace hwcsync::stack {

// The lint rules that `policy` may name; the rules themselves are in gitops/lint, whose test holds both lists
// together.
[[nodiscard]] const std::vector<std::string>& rule_names();

// What `policy` may say of a rule: a severity, or for a few rules a value of their own.
[[nodiscard]] const std::vector<std::string>& rule_values(const std::string& rule);

}  // namespace hwcsync::stack
