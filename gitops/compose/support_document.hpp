#pragma once

#include <string>

namespace hwcsync::compose {

// docs/compose-support.md: the whole table of verdicts as Markdown.
[[nodiscard]] std::string support_document();

}  // namespace hwcsync::compose
