#pragma once

#include "gitops/nix/value.hpp"

#include <string>
#include <utility>
#include <vector>

namespace hwcsync::nix {

// A module or function file: `{ formals, ... }:`, an optional `let`, and a body.
struct Module {
  std::vector<std::string> formals;  // without "..."; empty: `{ ... }:`
  std::vector<std::pair<std::string, Value>> let;
  Value body;
};

// The expression in nixfmt's layout (RFC 166), without a final newline; `indent` is where its later lines
// stand.
[[nodiscard]] std::string print(const Value& value, std::size_t indent = 0);

// A whole file, with its final newline, without the header. Throws Error for text that Nix cannot hold.
[[nodiscard]] std::string print(const Module& module);

}  // namespace hwcsync::nix
