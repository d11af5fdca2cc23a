#pragma once

#include <string>

namespace hwcsync::compose {

// Lower-case letters, digits, '-' and '_', a letter or digit first (compose-spec: name).
[[nodiscard]] bool is_project_name(const std::string& name);

// A directory's name as Compose makes a project name of it: "My.Photos" -> "myphotos".
[[nodiscard]] std::string project_name_of(const std::string& directory);

}  // namespace hwcsync::compose
