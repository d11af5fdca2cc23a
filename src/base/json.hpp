#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace hwcsync {

// Keys sorted bytewise (canonical output); use OrderedJson where the order of keys is for people.
using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

// Canonical bytes: sorted keys, no spaces, UTF-8. Invalid UTF-8 is replaced, so that this never throws.
[[nodiscard]] std::string canonical_json(const Json& value);

// Throws Error "cannot read <what>: ..." for bytes that are not one JSON value.
[[nodiscard]] Json parse_json(std::string_view text, std::string_view what);

}  // namespace hwcsync
