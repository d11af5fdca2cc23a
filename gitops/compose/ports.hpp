#pragma once

#include <optional>
#include <string_view>

namespace hwcsync::compose {

struct PortRange {
  int first = 0;
  int last = 0;
};

// "80" or "8000-8010", each within 1 to 65535; nothing for anything else.
[[nodiscard]] std::optional<PortRange> port_range(std::string_view text);

}  // namespace hwcsync::compose
