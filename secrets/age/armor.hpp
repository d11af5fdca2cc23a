#pragma once

#include "secrets/arena/secure_buffer.hpp"

#include <string>
#include <vector>

namespace hwcsync::secrets {

// Whether the first line that is not blank begins like armor.
[[nodiscard]] bool looks_armored(Bytes file);

// The binary age file inside the armor (age's strict form of PEM). Throws SecretError (armor_failure).
[[nodiscard]] std::vector<std::uint8_t> dearmor(Bytes file);

[[nodiscard]] std::string armor(Bytes binary);

}  // namespace hwcsync::secrets
