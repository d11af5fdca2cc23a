#pragma once

#include "secrets/sops/node.hpp"

#include <string_view>
#include <vector>

namespace hwcsync::secrets {

// Reads YAML into the arena, with its comments: a general YAML library keeps every scalar in ordinary memory
// and drops the comments that sops' rules need. Documents, block and flow collections, all five scalar
// styles, anchors and aliases (expanded in place; `<<` and `!!merge <<` are an ordinary key, as for sops).
// Refused with the line: other tags, complex keys, duplicate keys, keys that are not text, directives, tabs
// as indentation, more than 64 levels or 100,000 nodes. A comment belongs to the collection that its column
// lies in; one at the end of a line counts as above that line. `verb` begins the message ("cannot decrypt").
// Throws SecretError (malformed, unsupported), never quoting the text.
[[nodiscard]] std::vector<SopsNode> read_yaml(Bytes text, std::string_view verb);

}  // namespace hwcsync::secrets
