#include "gitops/nix/stack_scripts.hpp"

#include "gitops/nix/encoders.hpp"
#include "gitops/nix/marker.hpp"
#include "src/base/hash.hpp"

namespace hwcsync::nix {
namespace {

std::string command_text(const ScriptCommand& command) {
  std::string out;
  for (const auto& word : command.words) out += (out.empty() ? "" : " \\\n  ") + shell_word(word);
  if (!command.input.empty()) out += " \\\n  <" + shell_word(command.input);
  return out + "\n";
}

}  // namespace

std::string StackScripts::add(const std::string& name, const std::vector<ScriptCommand>& commands) {
  std::string text = "set -eu\n";
  for (std::size_t i = 0; i < commands.size(); ++i) {
    text += (i + 1 == commands.size() ? "exec " : "") + command_text(commands[i]);
  }
  return add_text(name, text);
}

std::string StackScripts::add_text(const std::string& name, const std::string& lines) {
  texts_[name] = "#!/bin/sh\n" + lines;
  return "/etc/hwcsync/stacks/" + stack_.name + "/bin/" + name;
}

std::string StackScripts::trigger(const std::string& name) const {
  return sha256_hex(texts_.at(name)).substr(0, 16);
}

Value::Set StackScripts::etc() const {
  SetBuilder out;
  for (const auto& [name, text] : texts_) {
    SetBuilder file;
    file.put("source", content_source("bin/" + name, "stacks/" + stack_.name + "/bin/" + name,
                                      stack_.name + "-" + name))
        .put("mode", "0555");
    out.user("hwcsync/stacks/" + stack_.name + "/bin/" + name, file.take());
  }
  return out.take();
}

std::map<std::string, std::string> StackScripts::files() const {
  std::map<std::string, std::string> out;
  for (const auto& [name, text] : texts_) {
    out["stacks/" + stack_.name + "/bin/" + name] = with_marker(stack_.name, text);
  }
  return out;
}

}  // namespace hwcsync::nix
