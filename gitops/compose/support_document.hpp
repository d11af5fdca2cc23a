#pragma once

#include "src/base/json.hpp"

#include <string>

namespace hwcsync::compose {

// docs/compose-support.md: the whole table of verdicts as Markdown.
[[nodiscard]] std::string support_document();
// The same for programs: a row a key, {section, key, compose: {verdict, words}, oci: {verdict, words}}.
[[nodiscard]] OrderedJson support_rows();

}  // namespace hwcsync::compose
