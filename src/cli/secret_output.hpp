#pragma once

#include "secrets/arena/secure_buffer.hpp"

#include <string>

namespace hwcsync::cli {

// Plaintext to stdout, straight from locked memory.
void write_plaintext(secrets::Bytes bytes);

// RefusedError when stdout is a terminal and the value is none that one can show: `name` is the secret's.
void refuse_binary_on_terminal(secrets::Bytes bytes, const std::string& name);

}  // namespace hwcsync::cli
