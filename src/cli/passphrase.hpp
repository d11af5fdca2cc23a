#pragma once

#include "secrets/arena/secure_buffer.hpp"

#include <optional>
#include <string_view>

namespace hwcsync::cli {

// Asks on the controlling terminal, without echo; nullopt when there is none. Never reads a pipe or a
// variable.
[[nodiscard]] std::optional<secrets::SecureBuffer> ask_passphrase(std::string_view prompt);

}  // namespace hwcsync::cli
