#pragma once

#include "secrets/arena/secure_buffer.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace hwcsync::secrets {

// The spelling that Go gives a parsed RFC 3339 time: an offset of zero is Z, no zeros at the end of the
// fraction. nullopt when the text is not such a time. In the arena because a value may be a time.
[[nodiscard]] std::optional<SecureBuffer> canonical_time(std::string_view text);

// The spelling of an unquoted YAML scalar that yaml.v3 takes for a time: also a date alone, one-digit fields,
// a blank or 't' before the clock, no zone (UTC). nullopt for any other text.
[[nodiscard]] std::optional<SecureBuffer> canonical_yaml_time(std::string_view text);

// The same for `lastmodified`, where the fraction is dropped: it is the AAD of the MAC.
[[nodiscard]] std::optional<std::string> canonical_last_modified(std::string_view text);

// "2026-11-20T10:02:44Z".
[[nodiscard]] std::string format_last_modified(std::chrono::system_clock::time_point time);

}  // namespace hwcsync::secrets
