#pragma once

#include "src/base/schema.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace hwcsync::stack {

// ^[a-z0-9][a-z0-9-]*$, at most 63 letters: hosts, stacks and users.
[[nodiscard]] bool is_name(std::string_view name);

// What a systemd unit may be called, without its suffix: letters, digits and `:_.-`, at most 200.
[[nodiscard]] bool is_unit_name(std::string_view name);

// Relative, without empty parts, "." and "..".
[[nodiscard]] bool is_repository_path(std::string_view path);

// "1000:1000"
[[nodiscard]] bool is_owner(std::string_view text);
// Three or four octal digits.
[[nodiscard]] bool is_mode(std::string_view text);

// Adds a problem unless every key is a name for a variable.
void check_variable_names(const Yaml* variables, Problems& problems);

// Adds a problem for each text that neither a Nix string nor a unit can carry: YAML can write NUL ("\0").
void check_text(const Yaml& value, Problems& problems);

// Where each key and each item of a document stands: "firewall", "firewall.tcp", "firewall.tcp.0".
[[nodiscard]] std::map<std::string, Location> places_of(const Yaml& document);
// The place of the path, or of the nearest part of the document above it; nothing when there is none.
[[nodiscard]] std::optional<Location> find_place(const std::map<std::string, Location>& places,
                                                 std::string path);

// Where a key of a mapping stands, for a message.
[[nodiscard]] Location key_place(const Yaml& mapping, std::string_view key);

}  // namespace hwcsync::stack
