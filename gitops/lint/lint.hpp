#pragma once

#include "gitops/layout/desired_state.hpp"
#include "gitops/lint/finding.hpp"
#include "src/base/json.hpp"

#include <string>
#include <vector>

namespace hwcsync::lint {

// What the rules find in one stack, with the severities of the repository's policy; what stack.yaml ignores
// and rules that are off are left out. Sorted by place, then rule. Pure.
[[nodiscard]] std::vector<Finding> lint_stack(const layout::Stack& stack,
                                              const stack::RepositoryConfig& repository);

[[nodiscard]] std::vector<Finding> lint(const layout::DesiredState& desired);

[[nodiscard]] bool has_error(const std::vector<Finding>& findings);

[[nodiscard]] const char* to_string(stack::Severity severity);

// {version: 1, findings: [{rule, severity, file, line, column, stack, service, message, fix}]} (DESIGN 6).
[[nodiscard]] OrderedJson to_json(const std::vector<Finding>& findings);

// "stacks/immich/compose.yaml:31:9 error image-unpinned ..." and its fix, one finding after the other.
[[nodiscard]] std::string to_text(const std::vector<Finding>& findings);

}  // namespace hwcsync::lint
