#pragma once

#include "gitops/compose/model.hpp"

#include <optional>
#include <vector>

namespace hwcsync::compose {

// Splits a command line into words as a POSIX shell does (quotes and backslashes, nothing else). A secret
// stays within the word it stands in, whatever its value holds. Nothing when a quote has no end.
[[nodiscard]] std::optional<std::vector<Template>> split_words(const Template& line);

}  // namespace hwcsync::compose
