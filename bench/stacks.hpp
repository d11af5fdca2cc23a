#pragma once

#include <cstddef>
#include <map>
#include <string>

namespace hwcsync::bench {

// The files of a config repository with `count` stacks of three services each, every other one of style oci.
// The same count gives the same files.
[[nodiscard]] std::map<std::string, std::string> repository(std::size_t count);

}  // namespace hwcsync::bench
