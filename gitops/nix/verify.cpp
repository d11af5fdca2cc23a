#include "gitops/nix/verify.hpp"

#include "gitops/nix/embedded.hpp"
#include "src/base/atomic_file.hpp"
#include "src/base/error.hpp"
#include "src/base/fd.hpp"

#include <chrono>
#include <filesystem>
#include <set>
#include <utility>

#include <fcntl.h>
#include <stdlib.h>

namespace hwcsync::nix {
namespace {

using namespace std::chrono_literals;

class PrivateDirectory {
 public:
  explicit PrivateDirectory(const std::string& parent) : path_(parent + "/hwcsync-verify-XXXXXX") {
    if (::mkdtemp(path_.data()) == nullptr) throw_errno("cannot make a directory", path_);
  }
  ~PrivateDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  PrivateDirectory(const PrivateDirectory&) = delete;
  PrivateDirectory& operator=(const PrivateDirectory&) = delete;

  void write(const std::string& name, std::string_view content) const {
    const std::string path = path_ + "/" + name;
    make_directories(path.substr(0, path.rfind('/')), 0700);
    const Fd file = open_file(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    write_all(file.get(), content, path);
  }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

bool is_nix(const std::string& name) {
  return !is_copy(name) && name.size() > 4 && name.compare(name.size() - 4, 4, ".nix") == 0;
}

// No store, no configuration of the machine, no home: reading text needs none of them.
Command nix_instantiate(const PrivateDirectory& directory) {
  Command command;
  command.argv = {"nix-instantiate", "--store", "dummy://", "--readonly-mode"};
  command.environment = minimal_environment();
  command.environment["HOME"] = directory.path();
  command.environment["NIX_PATH"] = "";
  command.directory = directory.path();
  command.deadline = 60s;
  command.output_limit = 256U << 20U;
  return command;
}

// Nix names our private directory; a person knows the file by its place below generated/<host>/.
std::string without_directory(std::string text, const std::string& prefix) {
  for (auto at = text.find(prefix); at != std::string::npos; at = text.find(prefix))
    text.erase(at, prefix.size());
  return text;
}

std::string run(const Command& command, ProcessRunner& runner, const PrivateDirectory& directory,
                const std::string& what) {
  const ProcessResult result = runner.run(command);
  if (!result.status.ok()) {
    std::string reason = result.errors;
    if (const auto at = reason.find("error:"); at != std::string::npos) reason.erase(0, at);
    throw Error(ErrorText{
        "cannot " + what, "the generated modules",
        without_directory(reason.empty() ? result.status.to_string() : reason, directory.path() + "/files/"),
        "this is a fault of hwcsync; nothing was changed"});
  }
  return result.output;
}

void parse(const std::map<std::string, std::string>& files, ProcessRunner& runner,
           const PrivateDirectory& directory) {
  Command command = nix_instantiate(directory);
  command.argv.emplace_back("--parse");
  bool any = false;
  for (const auto& [name, content] : files) {
    directory.write("files/" + name, content);
    if (!is_nix(name)) continue;
    command.argv.push_back(directory.path() + "/files/" + name);
    any = true;
  }
  if (any) (void)run(command, runner, directory, "parse");
}

void check_imports(const std::map<std::string, std::string>& files, const Json& imports) {
  std::set<std::string> reached{"default.nix"};
  for (const auto& [file, list] : imports.items()) {
    for (const auto& name : list) {
      const auto text = name.get<std::string>();
      if (files.count(text) == 0)
        throw Error("cannot verify", file, "it imports " + text + ", which was not generated");
      reached.insert(text);
    }
  }
  for (const auto& [name, content] : files) {
    if (is_nix(name) && name.substr(0, 4) != "lib/" && reached.count(name) == 0) {
      throw Error("cannot verify", name, "nothing imports it");
    }
  }
}

std::string shown(const Json& value) {
  std::string text = canonical_json(value);
  if (text.size() > 200) text = text.substr(0, 200) + "...";
  return text;
}

}  // namespace

std::string first_difference(const Json& is, const Json& should) {
  if (is == should) return "";
  if (is.is_object() && should.is_object()) {
    for (const auto& [name, value] : should.items()) {
      const auto found = is.find(name);
      if (found == is.end()) return name + ": is missing, should be " + shown(value);
      if (const auto inner = first_difference(*found, value); !inner.empty()) {
        return name + (inner.front() == ':' ? "" : ".") + inner;
      }
    }
    for (const auto& [name, value] : is.items()) {
      if (!should.contains(name)) return name + ": is " + shown(value) + ", should not be there";
    }
  }
  return ": is " + shown(is) + ", should be " + shown(should);
}

void verify_syntax(const std::map<std::string, std::string>& files, ProcessRunner& runner,
                   const std::string& temporary) {
  const PrivateDirectory directory(temporary);
  parse(files, runner, directory);
}

void verify(const Rendered& rendered, ProcessRunner& runner, const std::string& temporary) {
  const PrivateDirectory directory(temporary);
  parse(rendered.files, runner, directory);

  Json input{{"assumed", rendered.assumed}, {"modules", Json::array()}, {"declarations", Json::array()}};
  for (const auto& [name, content] : rendered.files) {
    if (!is_nix(name) || name.substr(0, 4) == "lib/") continue;
    input["modules"].push_back(name);
    const std::string_view end = "/options.nix";
    if (name.size() > end.size() && name.compare(name.size() - end.size(), end.size(), end) == 0) {
      input["declarations"].push_back(name);
    }
  }
  directory.write("input.json", canonical_json(input));
  directory.write("verify.nix", verify_nix());
  Command command = nix_instantiate(directory);
  command.argv.insert(command.argv.end(), {"--eval", "--strict", "--json", directory.path() + "/verify.nix"});
  const Json evaluated = parse_json(run(command, runner, directory, "evaluate"), "the evaluated modules");

  check_imports(rendered.files, evaluated.at("imports"));
  for (const auto& [file, should] : rendered.intended) {
    const auto& modules = evaluated.at("config");
    const auto found = modules.find(file);
    if (found == modules.end()) throw Error("cannot verify", file, "it was not generated");
    if (auto difference = first_difference(*found, should); !difference.empty()) {
      throw Error(ErrorText{"cannot verify", file, std::move(difference),
                            "this is a fault of hwcsync; nothing was changed"});
    }
  }
}

}  // namespace hwcsync::nix
