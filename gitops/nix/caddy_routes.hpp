#pragma once

#include "gitops/nix/stack_parts.hpp"
#include "gitops/stack/release.hpp"

#include <string>

namespace hwcsync::nix {

// The Caddyfile lines of one route up to the port of the upstream; a line end follows the port.
[[nodiscard]] std::string route_text(const stack::Route& route, const stack::Release& release);

// services.caddy.virtualHosts for the stack's routes; empty when there are none.
[[nodiscard]] Value::Set route_config(const layout::Stack& stack, const stack::Release& release);

}  // namespace hwcsync::nix
