#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hwcsync::compose {

// Every key that the Compose specification knows for "file", "service", "network", "volume", "secret",
// "health check", "port", "mount", "dependency" and "grant". A key beyond what we read is "not supported yet"
// if it stands here and a spelling mistake if it does not.
[[nodiscard]] const std::vector<std::string>& compose_keys(std::string_view what);

}  // namespace hwcsync::compose
