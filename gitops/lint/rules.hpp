#pragma once

#include "gitops/layout/desired_state.hpp"
#include "gitops/lint/finding.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hwcsync::lint {

// A rule: what it is called, what it holds when the policy says nothing, why it exists, and how it looks.
struct Rule {
  std::string name;
  stack::Severity severity = stack::Severity::warn;
  std::string summary;      // one line
  std::string explanation;  // for `explain RULE`: why, and what to do instead
  // Findings in one stack; severity and stack are filled in by the caller.
  std::vector<Finding> (*check)(const layout::Stack& stack,
                                const stack::RepositoryConfig& repository) = nullptr;
};

// Sorted by name.
[[nodiscard]] std::span<const Rule> rules();
[[nodiscard]] const Rule* find_rule(std::string_view name);

}  // namespace hwcsync::lint
