#pragma once

#include "gitops/layout/desired_state.hpp"
#include "src/base/json.hpp"

#include <map>
#include <string>

namespace hwcsync::nix {

// The generated modules of one host.
struct Rendered {
  std::map<std::string, std::string> files;  // path below generated/<host>/ -> content
  // What the modules must evaluate to: module file -> configuration. A source made by builtins.path stands as
  // {"file": path below generated/<host>/, "name": name in the store}.
  std::map<std::string, Json> intended;
  // Options of the surrounding system that the modules read.
  Json assumed;
};

// Pure: the same state gives the same bytes. Throws ConfigError for what the chosen style cannot express, and
// Error for text that a layer below (Nix, systemd, podman) cannot hold.
[[nodiscard]] Rendered render(const layout::DesiredState& desired);

// default.nix of a host that was not rendered yet: an assertion that always fails, with the way out.
[[nodiscard]] std::string placeholder(const std::string& host);

}  // namespace hwcsync::nix
