#pragma once

#include "gitops/layout/desired_state.hpp"

#include <cstdint>
#include <vector>

namespace hwcsync::layout {

// The ports that the host's firewall opens for a stack.
struct OpenPorts {
  std::vector<std::int64_t> tcp;
  std::vector<std::int64_t> udp;
};
[[nodiscard]] OpenPorts open_ports(const Stack& stack, const stack::Host& host);

}  // namespace hwcsync::layout
