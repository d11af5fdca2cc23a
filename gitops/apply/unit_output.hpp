#pragma once

#include <string>

namespace hwcsync::apply {

// The end of what a unit of ours wrote, at most 16 kB; empty where there is no such file.
[[nodiscard]] std::string tail_of(const std::string& path);

// Whether the text tells of something that may be over in a minute: the network, or a full disk.
[[nodiscard]] bool looks_passing(const std::string& text);

}  // namespace hwcsync::apply
