#pragma once

#include "secrets/sops/node.hpp"

#include <string_view>

namespace hwcsync::secrets {

// Reads an INI file as sops' library does (gopkg.in/ini.v1): a map of sections, each a map of texts. The
// section DEFAULT holds what stands before the first header and always comes first; a section may come twice;
// a key that comes twice in one keeps its place and takes the later value. '=' or ':' part key and value; '#'
// and ';' begin a comment anywhere outside of quotes; "..." and '...' around a whole value go away; `...` and
// """...""" may span lines; a backslash at the end continues a line. As in sops, the comment of a section
// stands in front of its keys and the comment of a key behind it. Throws SecretError (malformed) with the
// line, never quoting it.
[[nodiscard]] SopsNode read_ini(Bytes text, std::string_view verb);

}  // namespace hwcsync::secrets
