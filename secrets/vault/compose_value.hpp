#pragma once

#include "secrets/arena/secure_buffer.hpp"

namespace hwcsync::secrets {

// Appends a value as it stands after the '=' in an env file, quoted so that Compose reads back exactly these
// bytes. A zero byte must not be in it.
void append_compose_value(SecureBuffer& out, Bytes value);

[[nodiscard]] bool holds(Bytes value, char c) noexcept;

}  // namespace hwcsync::secrets
