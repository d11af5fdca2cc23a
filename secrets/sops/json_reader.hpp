#pragma once

#include "secrets/sops/node.hpp"

#include <string_view>

namespace hwcsync::secrets {

// Reads one JSON object (RFC 8259) into the arena: order and repeated keys are kept, a number is an int64 or
// else a double, as for sops. At most 64 levels. Throws SecretError (malformed), never quoting the text;
// `verb` begins the message.
[[nodiscard]] SopsNode read_json_object(Bytes text, std::string_view verb);

}  // namespace hwcsync::secrets
