#pragma once

#include <optional>
#include <string>
#include <string_view>

// Paths in a container, as podman and docker-compose take them.
namespace hwcsync::compose {

// The one way to write an absolute path: "/a//b/./c/../d/" -> "/a/b/d". Any other text stays as it is.
[[nodiscard]] std::string clean_path(std::string_view path);

// What to say of a text that no list of `key=value,key=value` fields can hold, which is how a mount is told
// to podman where SOURCE:TARGET does not do: one with a comma, a quote or a line break. Nothing for the
// others.
[[nodiscard]] std::optional<std::string> mount_field_fault(std::string_view text);

// By its name alone: it has a short extension, as "app.conf" or "podman.sock".
[[nodiscard]] bool looks_like_file(std::string_view path);

}  // namespace hwcsync::compose
