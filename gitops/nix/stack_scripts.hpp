#pragma once

#include "gitops/nix/stack_parts.hpp"

#include <string>
#include <vector>

namespace hwcsync::nix {

// One command of a script: its words, and the file that it reads as standard input, if any.
struct ScriptCommand {
  std::vector<std::string> words;
  std::string input = {};
};

// The generated shell scripts of one stack: /etc/hwcsync/stacks/<stack>/bin/<name>. Units name that path, so
// that their text has neither a store path nor a command line of a user's in it.
class StackScripts {
 public:
  explicit StackScripts(const layout::Stack& stack) : stack_(stack) {}

  // Adds a script that runs `commands` one after the other and ends with the first that fails. The last one
  // replaces the shell. Gives the path on the host.
  std::string add(const std::string& name, const std::vector<ScriptCommand>& commands);
  // The same with lines for the shell.
  std::string add_text(const std::string& name, const std::string& lines);
  // What the unit that runs `name` puts into restartTriggers: the hash of the text.
  [[nodiscard]] std::string trigger(const std::string& name) const;

  [[nodiscard]] Value::Set etc() const;
  // Files below generated/<host>/.
  [[nodiscard]] std::map<std::string, std::string> files() const;

 private:
  const layout::Stack& stack_;
  std::map<std::string, std::string> texts_;
};

}  // namespace hwcsync::nix
