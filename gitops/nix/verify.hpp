#pragma once

#include "gitops/nix/render.hpp"
#include "src/base/process.hpp"

namespace hwcsync::nix {

// Has Nix read what was written: every file is parsed, and the modules are evaluated (without nixpkgs, a
// store or the network) and held against what they were meant to say. Writes to a private directory below
// `temporary`, which is removed afterwards. Throws Error that names the file and the attribute. Runs
// nix-instantiate twice; any thread.
void verify(const Rendered& rendered, ProcessRunner& runner, const std::string& temporary = "/tmp");

// The parse alone, for files of which nothing else is known (a placeholder, a golden file).
void verify_syntax(const std::map<std::string, std::string>& files, ProcessRunner& runner,
                   const std::string& temporary = "/tmp");

// The first place where two configurations differ: "systemd.services.x.after: is ..., should be ...", or
// nothing.
[[nodiscard]] std::string first_difference(const Json& is, const Json& should);

}  // namespace hwcsync::nix
