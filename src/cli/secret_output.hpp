#pragma once

#include "secrets/arena/secure_buffer.hpp"
#include "src/cli/command.hpp"

#include <string>

namespace hwcsync::cli {

// The plaintext of what `name` names to stdout, straight from locked memory; with --json as the text
// `content` of a document. RefusedError for bytes that JSON cannot hold.
void write_plaintext(secrets::Bytes bytes, const std::string& name, Context& context);

// RefusedError when stdout is a terminal and the value is none that one can show: `name` is the secret's.
void refuse_binary_on_terminal(secrets::Bytes bytes, const std::string& name);

}  // namespace hwcsync::cli
