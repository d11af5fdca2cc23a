#include "tests/nix/oci_lab.hpp"

#include "src/base/atomic_file.hpp"
#include "src/base/fd.hpp"
#include "src/base/process.hpp"
#include "src/base/text.hpp"
#include "src/base/tree.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace hwcsync::test {
namespace {

std::string source_directory() {
  return std::getenv("HWCSYNC_SOURCE_DIR");
}

void write(const std::string& path, const std::string& text) {
  make_directories(path.substr(0, path.rfind('/')), 0755);
  std::ofstream(path, std::ios::binary) << text;
}

void write_program(const std::string& path, const std::string& text) {
  write(path, text);
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
}

std::string checked(const Command& command) {
  SystemProcessRunner runner;
  const auto result = runner.run(command);
  if (!result.status.ok()) throw std::runtime_error(command.argv.front() + ": " + result.errors);
  return result.output;
}

}  // namespace

layout::DesiredState oci_state(const std::string& compose, const std::string& stack,
                               const std::string& host) {
  MemoryTree tree;
  tree.put("hwcsync.yaml",
           "version: 1\nhosts:\n  server:\n    flake: \"#server\"\n    stacks: [s]\n    firewall: true\n"
           "    users: { homelab: { uid: 1000 } }\n" +
               host);
  tree.put("stacks/s/compose.yaml", compose);
  tree.put("stacks/s/stack.yaml", stack);
  layout::LoadCounters counters;
  return layout::load_desired_state(tree, "server", counters);
}

OciLab::OciLab(const nix::Rendered& rendered, const std::string& extra) : files_(rendered.files) {
  const std::string root = directory_.path();
  for (const auto& [name, content] : files_) write(root + "/generated/" + name, content);
  write(root + "/extra.nix", extra);
  write_program(
      root + "/bin/podman",
      "#!/bin/sh\n{ printf '%s\\0' \"$#\" \"$@\"; } >>\"$HWCSYNC_RECORD\"\n. \"$HWCSYNC_ANSWERS\"\n");
  json_ = Json::parse(checked(
      {.argv = {"nix-instantiate", "--store", "dummy://", "--readonly-mode", "--eval", "--strict", "--json",
                source_directory() + "/tests/nix/scripts.nix", "--argstr", "source", source_directory(),
                "--arg", "modules", "[ " + root + "/generated/default.nix " + root + "/extra.nix ]"},
       .environment = minimal_environment()}));
}

std::vector<std::vector<std::string>> OciLab::run(const std::vector<std::string>& command,
                                                  const std::string& answers) const {
  const std::string root = directory_.path();
  write(root + "/record", "");
  write(root + "/answers", answers);
  Command call{.argv = command, .environment = minimal_environment()};
  call.environment["PATH"] = root + "/bin:/usr/bin:/bin";
  call.environment["HWCSYNC_PODMAN"] = root + "/bin/podman";
  call.environment["HWCSYNC_RECORD"] = root + "/record";
  call.environment["HWCSYNC_ANSWERS"] = root + "/answers";
  checked(call);
  std::vector<std::vector<std::string>> out;
  const auto words = split(read_file(root + "/record"), '\0');
  for (std::size_t at = 0; at + 1 < words.size();) {
    const auto count = static_cast<std::size_t>(std::stoul(words[at++]));
    out.emplace_back(words.begin() + static_cast<std::ptrdiff_t>(at),
                     words.begin() + static_cast<std::ptrdiff_t>(at + count));
    at += count;
  }
  return out;
}

std::vector<std::string> OciLab::argv(const std::string& container) const {
  const std::string path = directory_.path() + "/script";
  write(path, "set -e\n" + json_["scripts"].at("podman-" + container).get<std::string>());
  return run({"/bin/bash", path}, "").at(0);
}

std::vector<std::vector<std::string>> OciLab::script_calls(const std::string& file) const {
  std::string text = files_.at(file);
  const std::string podman = "/run/current-system/sw/bin/podman";
  for (auto at = text.find(podman); at != std::string::npos; at = text.find(podman)) {
    text.replace(at, podman.size(), "podman");
  }
  write_program(directory_.path() + "/script", text);
  return run({directory_.path() + "/script"}, "");
}

std::vector<std::vector<std::string>> OciLab::unit_calls(const std::string& unit_name,
                                                         const std::string& answers) const {
  auto words = systemd_words(unit(unit_name)["start"].at(0).get<std::string>());
  if (words.at(0) != "/etc/hwcsync/bin/oci-resource") throw std::runtime_error("starts " + words.at(0));
  words.at(0) = source_directory() + "/nix/oci-resource.sh";
  return run(words, answers);
}

std::vector<std::string> systemd_words(const std::string& line) {
  std::vector<std::string> out;
  std::string word;
  bool open = false;
  char quote = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '\\') {
      const char next = line.at(++i);
      open = true;
      if (next == 'x') {
        word += static_cast<char>(std::stoi(line.substr(i + 1, 2), nullptr, 16));
        i += 2;
      } else {
        word += next == 'n' ? '\n' : next == 't' ? '\t' : next == 'r' ? '\r' : next == 's' ? ' ' : next;
      }
    } else if (c == '%' || c == '$') {
      if (line.at(i + 1) != c) throw std::runtime_error("a specifier or variable in: " + line);
      ++i;
      word += c;
      open = true;
    } else if (quote != 0 && c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '"' || c == '\'') && word.empty() && !open) {
      quote = c;
      open = true;
    } else if (quote == 0 && (c == ' ' || c == '\t')) {
      if (open) out.push_back(word);
      word.clear();
      open = false;
    } else {
      word += c;
      open = true;
    }
  }
  if (open) out.push_back(word);
  return out;
}

}  // namespace hwcsync::test
