#pragma once

#include "gitops/layout/desired_state.hpp"
#include "src/base/json.hpp"

#include <string>

namespace hwcsync::cli {

// What becomes of every key that a stack's Compose files have, and where the two styles differ for it.
[[nodiscard]] std::string explain_text(const layout::Stack& stack);
[[nodiscard]] OrderedJson explain_json(const layout::Stack& stack);

}  // namespace hwcsync::cli
