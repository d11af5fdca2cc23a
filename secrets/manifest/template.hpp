#pragma once

#include "secrets/manifest/manifest.hpp"
#include "src/base/error.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace hwcsync::secrets {

// The pieces of a template file, and what is wrong with it, each at its line and column.
struct ParsedTemplate {
  std::vector<TemplatePart> parts;  // without the sources of secrets, which only the layout knows
  std::vector<Problem> problems;
};

// Text is taken as it is, but for ${secret:NAME}, with filters as in ${secret:NAME|trim|json}; `$${secret:`
// stands for the text `${secret:`. Equal text, equal parts. `path` is for the places of problems.
[[nodiscard]] ParsedTemplate parse_template(std::string_view text, const std::string& path);

}  // namespace hwcsync::secrets
