#pragma once

#include "gitops/layout/desired_state.hpp"
#include "src/base/json.hpp"

#include <map>
#include <set>
#include <string>

namespace hwcsync::nix {

// The generated modules of one host.
struct Rendered {
  std::map<std::string, std::string> files;  // path below generated/<host>/ -> content
  std::set<std::string> executables;         // of them
  // What the modules must evaluate to: module file -> configuration. A source made by builtins.path stands as
  // {"file": path below generated/<host>/, "name": name in the store}.
  std::map<std::string, Json> intended;
  // Options of the surrounding system that the modules read.
  Json assumed;
};

// Pure: the same state gives the same bytes. Throws ConfigError for what the chosen style cannot express, and
// Error for text that a layer below (Nix, systemd, podman) cannot hold.
[[nodiscard]] Rendered render(const layout::DesiredState& desired);

// Whether a file below generated/<host>/ is a copy of the owner's own, which can carry no marker and is never
// read as a module: stacks/<stack>/{assets,configs,trees,contexts}/...
[[nodiscard]] bool is_copy(const std::string& path);

// default.nix of a host that was not rendered yet: an assertion that always fails, with the way out.
[[nodiscard]] std::string placeholder(const std::string& host);

}  // namespace hwcsync::nix
