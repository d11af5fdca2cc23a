#include "gitops/nix/prepare_script.hpp"

namespace hwcsync::nix {
namespace {

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace

// nix/mk-service.nix writes the same text for the same commands.
std::string command_script(const layout::Stack& stack, const CommandList& list) {
  std::string out = "set -e\nn=0\ntrap 'status=$?; [ \"$status\" = 0 ] || echo \"" + list.speaker + ": " +
                    stack.name + ": command $n of " + list.what + " ended with status $status\" >&2' EXIT\n";
  for (const auto& [name, value] : list.variables) out += "export " + name + "=" + quoted(value) + "\n";
  for (const auto& command : list.commands) out += "n=$((n + 1))\n" + command + "\n";
  return out;
}

std::string prepare_script(const layout::Stack& stack, const std::string& speaker) {
  const auto& prepare = stack.config.prepare;
  return command_script(stack, {speaker, "prepare.commands", prepare.variables, prepare.commands});
}

}  // namespace hwcsync::nix
