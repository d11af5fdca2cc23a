#pragma once

#include "gitops/layout/desired_state.hpp"

#include <map>
#include <string>
#include <vector>

namespace hwcsync::nix {

// Commands of a stack for a shell to run one after the other.
struct CommandList {
  std::string speaker;  // begins the message of a command that fails
  std::string what;     // "prepare.commands"
  std::map<std::string, std::string> variables{};
  std::vector<std::string> commands{};
};

// The variables, then each command, numbered, so that the one that fails can be named.
[[nodiscard]] std::string command_script(const layout::Stack& stack, const CommandList& list);

// prepare.commands with the variables that they use.
[[nodiscard]] std::string prepare_script(const layout::Stack& stack, const std::string& speaker);

}  // namespace hwcsync::nix
