#include "secrets/manifest/validate.hpp"

#include "src/base/error.hpp"
#include "src/base/text.hpp"

#include <algorithm>
#include <cstdint>
#include <set>
#include <utility>

namespace hwcsync::secrets {
namespace {

constexpr std::size_t kNameLimit = 255;  // NAME_MAX of the view

[[noreturn]] void reject(const SecretFile& file, std::string_view why) {
  throw Error("cannot use the secrets manifest: file", "'" + file.path + "'", why);
}

bool is_component(std::string_view name) {
  if (name.empty() || name.size() > kNameLimit || name.front() == '.') return false;
  return std::ranges::all_of(name, [](unsigned char c) { return c > 32 && c != 127 && c != '/'; });
}

// "<unit>.env" or "<stack>/<name>"; names with a dot in front belong to the view itself (.generation).
bool is_view_path(std::string_view path) {
  const auto parts = split(path, '/');
  return parts.size() <= 2 && std::ranges::all_of(parts, is_component) && is_valid_utf8(path);
}

bool is_object_id(std::string_view id) {
  return id.size() == 40 && id.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// Every podman reads such a name back: no blanks, no '=', no comment, no trailing '*' (which would ask the
// host).
bool is_variable_name(std::string_view name) {
  if (name.empty() || name.front() == '#') return false;
  return std::ranges::all_of(name,
                             [](unsigned char c) { return c > 32 && c != 127 && c != '=' && c != '*'; });
}

void validate_file(const SecretFile& file) {
  if (!is_view_path(file.path)) reject(file, "the path is not of the form NAME or STACK/NAME");
  for (const Source* source : sources_of(file)) {
    if (!is_object_id(source->id)) reject(file, "the source id is not 40 lower-case hex digits");
  }
  // -1 says "leave the owner alone" to the kernel and is nobody's.
  if (file.uid == UINT32_MAX || file.viewer() == UINT32_MAX || file.gid == UINT32_MAX)
    reject(file, "4294967295 is no user or group");
  if (file.mode > 0777) reject(file, "the mode has more than permission bits");
  if (file.grammar != Grammar::raw && !file.key.empty()) reject(file, "'key' goes with the grammar raw only");
  if (file.grammar == Grammar::raw && !file.key.empty() && file.source.format == SourceFormat::sops_binary) {
    reject(file, "a sops-binary source is one value and has no keys");
  }
  const bool is_environment = file.grammar == Grammar::compose_env || file.grammar == Grammar::podman_env;
  if (is_environment && file.source.format == SourceFormat::sops_ini) {
    reject(file, "a sops-ini source has sections and makes no environment; name one of its keys");
  }
  if (file.grammar == Grammar::podman_env ? file.environment.empty() : !file.environment.empty()) {
    reject(file, "'environment' goes with the grammar podman-env, and it needs one");
  }
  if (file.grammar == Grammar::text_template ? file.text_template.path.empty()
                                             : file.text_template != TextTemplate{}) {
    reject(file, "a 'template' goes with the grammar template, and it needs one");
  }
  std::set<std::string> names;
  for (const EnvironmentVariable& variable : file.environment) {
    if (!is_variable_name(variable.name)) reject(file, "'" + variable.name + "' is no name of a variable");
    if (!names.insert(variable.name).second)
      reject(file, "the variable '" + variable.name + "' stands twice");
  }
}

}  // namespace

void validate(const Manifest& manifest) {
  std::set<std::pair<std::uint32_t, std::string>> paths;
  std::set<std::pair<std::uint32_t, std::string>> directories;
  for (const SecretFile& file : manifest.files) {
    validate_file(file);
    if (!paths.emplace(file.viewer(), file.path).second)
      reject(file, "it stands twice in the view of one user");
    if (const auto slash = file.path.find('/'); slash != std::string::npos) {
      directories.emplace(file.viewer(), file.path.substr(0, slash));
    }
  }
  for (const SecretFile& file : manifest.files) {
    if (directories.contains({file.viewer(), file.path})) reject(file, "it is a directory, too");
  }
}

}  // namespace hwcsync::secrets
