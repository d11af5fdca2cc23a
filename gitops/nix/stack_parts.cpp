#include "gitops/nix/stack_parts.hpp"

#include "gitops/nix/encoders.hpp"
#include "gitops/nix/escape.hpp"
#include "src/base/error.hpp"
#include "src/base/hash.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>

namespace hwcsync::nix {
namespace {

// Characters of a store path's name; others become '-'.
std::string store_name(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool fine = std::isalnum(static_cast<unsigned char>(c)) != 0 ||
                      std::string_view("+-._?=").find(c) != std::string_view::npos;
    out += fine ? c : '-';
  }
  return out;
}

bool plain_path(const std::string& path) {
  const bool safe = std::all_of(path.begin(), path.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("+-._/").find(c) != std::string_view::npos;
  });
  return safe && !path.empty() && path.back() != '/' && path.find("//") == std::string::npos;
}

std::string as_unit(const std::string& name) {
  for (const std::string_view suffix :
       {".service", ".target", ".mount", ".automount", ".socket", ".timer", ".path"}) {
    if (name.size() > suffix.size() && name.compare(name.size() - suffix.size(), suffix.size(), suffix) == 0)
      return name;
  }
  return name + ".service";
}

// visit(entry, name, directory)
template <class Visit>
void each_directory(const layout::Stack& stack, Visit visit) {
  for (const auto& [name, directory] : stack.project.directories)
    visit("trees/" + compose::directory_entry(name), name == "." ? "files" : name, directory);
  for (const auto& [name, directory] : stack.project.contexts)
    visit("contexts/" + compose::directory_entry(name), name, directory);
}

}  // namespace

std::string view_unit(const layout::Stack& stack) {
  return "hwcsync-view@" + std::to_string(stack.account.uid) + ".service";
}

std::vector<std::string> start_after_units(const layout::DesiredState& desired, const layout::Stack& stack) {
  std::vector<std::string> out;
  for (const auto& name : stack.config.start_after) {
    const auto other = desired.stacks.find(name);
    if (other == desired.stacks.end()) {
      out.push_back(as_unit(name));
      continue;
    }
    for (const auto& unit : other->second.units()) out.push_back(unit + ".service");
  }
  return out;
}

std::vector<std::string> configured_after(const layout::DesiredState& desired, const layout::Stack& stack) {
  std::vector<std::string> out;
  for (const auto& name : stack.config.units.after) out.push_back(as_unit(name));
  for (auto& name : start_after_units(desired, stack)) out.push_back(std::move(name));
  for (const auto& path : stack.config.mounts.on_demand)
    out.push_back(systemd_path_unit(path) + ".automount");
  return out;
}

std::vector<std::string> configured_wants(const layout::Stack& stack) {
  std::vector<std::string> out;
  for (const auto& name : stack.config.units.wants) out.push_back(as_unit(name));
  for (const auto& path : stack.config.mounts.on_demand)
    out.push_back(systemd_path_unit(path) + ".automount");
  return out;
}

std::vector<std::string> configured_requires(const layout::Stack& stack) {
  std::vector<std::string> out;
  for (const auto& name : stack.config.units.requires_) out.push_back(as_unit(name));
  return out;
}

std::vector<std::string> required_mounts(const layout::Stack& stack) {
  std::vector<std::string> out;
  for (const auto& path : stack.config.mounts.required) out.push_back(systemd_path(path));
  // Before its mount is there podman would begin an empty storage.
  if (const auto& storage = stack.account.storage) out.push_back(systemd_path(storage->path));
  return out;
}

std::vector<std::string> directory_rules(const layout::Stack& stack) {
  std::vector<std::string> out;
  const std::string account = std::to_string(stack.account.uid) + ":" + std::to_string(stack.account.gid);
  for (const auto& directory : stack.config.prepare.directories) {
    const bool own = directory.owner.empty();
    out.push_back(tmpfiles_directory(directory.path, directory.mode, own ? account : directory.owner));
  }
  return out;
}

Value content_source(const std::string& file, const std::string& generated, const std::string& name) {
  const Value path = plain_path(file) ? Value::Expression{"./" + file, {}}
                                      : Value::Expression{"./. + " + string_literal("/" + file), {}};
  SetBuilder argument;
  argument.put("path", path).put("name", store_name(name));
  return Value::Call{.function = "builtins.path",
                     .arguments = {argument.take()},
                     .meaning = Json{{"file", generated}, {"name", store_name(name)}}};
}

std::map<std::string, Value> directory_sources(const layout::Stack& stack) {
  std::map<std::string, Value> out;
  each_directory(stack, [&](const std::string& entry, const std::string& name, const auto&) {
    out.emplace(entry, content_source(entry, "stacks/" + stack.name + '/' + entry, stack.name + "-" + name));
  });
  return out;
}

void add_directories(const layout::Stack& stack, StackFiles& to) {
  each_directory(stack, [&](const std::string& entry, const std::string&, const auto& directory) {
    for (const auto& [below, file] : directory.files) {
      const std::string path = "stacks/" + stack.name + '/' + entry + '/' + below;
      to.files[path] = file.content;
      if (file.executable) to.executables.insert(path);
    }
  });
}

std::string single_line(const std::string& text) {
  std::string out = text;
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  return out;
}

void refuse(const Location& where, const std::string& message) {
  throw ConfigError(ConfigKind::repository, {Problem{where, message}});
}

}  // namespace hwcsync::nix
