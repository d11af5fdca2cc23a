#include "src/settings/settings.hpp"

#include "src/base/error.hpp"
#include "src/base/fd.hpp"
#include "src/settings/settings_table.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>

#include <unistd.h>

namespace hwcsync::settings {
namespace {

struct ForeignKey {
  std::string_view key;
  std::string_view file;
};

// Keys that people look for here and that stand elsewhere. Kept by hand: this library must not know gitops.
constexpr std::string_view kRepositoryYaml = "hwcsync.yaml at the root of the configuration repository";
constexpr std::string_view kStackYaml = "a stack's stack.yaml in the configuration repository";
constexpr std::array kForeignKeys{
    ForeignKey{"stacks", kRepositoryYaml},
    ForeignKey{"generated", kRepositoryYaml},
    ForeignKey{"defaults", kRepositoryYaml},
    ForeignKey{"variables", kRepositoryYaml},
    ForeignKey{"secrets", kRepositoryYaml},
    ForeignKey{"policy", kRepositoryYaml},
    ForeignKey{"hosts", kRepositoryYaml},
    ForeignKey{"documents", kRepositoryYaml},
    ForeignKey{"flake", kRepositoryYaml},
    ForeignKey{"hostname", kRepositoryYaml},
    ForeignKey{"users", kRepositoryYaml},
    ForeignKey{"podman", kRepositoryYaml},
    ForeignKey{"recipients", kRepositoryYaml},
    ForeignKey{"layout", kRepositoryYaml},
    ForeignKey{"style", kStackYaml},
    ForeignKey{"project", kStackYaml},
    ForeignKey{"unit", kStackYaml},
    ForeignKey{"user", kStackYaml},
    ForeignKey{"category", kStackYaml},
    ForeignKey{"profiles", kStackYaml},
    ForeignKey{"assets", kStackYaml},
    ForeignKey{"environment-from-host", kStackYaml},
    ForeignKey{"mounts", kStackYaml},
    ForeignKey{"firewall", kStackYaml},
    ForeignKey{"prepare", kStackYaml},
    ForeignKey{"units", kStackYaml},
    ForeignKey{"routes", kStackYaml},
    ForeignKey{"networks", kStackYaml},
    ForeignKey{"registry-login", kStackYaml},
    ForeignKey{"start-after", kStackYaml},
    ForeignKey{"lint", kStackYaml},
    ForeignKey{"description", kStackYaml},
};

// Reports such keys and takes them out, so that they are not reported a second time as unknown.
void report_foreign_keys(Yaml& document, Problems& problems) {
  for (const ForeignKey& foreign : kForeignKeys) {
    for (const Yaml::Entry& entry : document.entries) {
      if (entry.key != foreign.key) continue;
      Location where = document.where();
      where.line = entry.line;
      where.column = entry.column;
      problems.add(std::move(where), "'" + entry.key +
                                         "' does not belong in this host's configuration: it stands in " +
                                         std::string(foreign.file));
    }
    document.erase(foreign.key);
  }
}

std::string hostname() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) throw_errno("cannot read", "the hostname");
  const std::string full = name.data();
  return full.substr(0, full.find('.'));
}

}  // namespace

Settings parse_settings(std::string_view text, const std::string& path) {
  Yaml document = parse_yaml(text, path, ConfigKind::host);
  Problems problems;
  if (document.is_null()) problems.add(Location{path, 0, 0}, "the file is empty");
  report_foreign_keys(document, problems);
  Settings out;
  Schema<Settings>::read(document, out, problems);
  problems.throw_if_any(ConfigKind::host);
  if (out.host.empty()) out.host = hostname();
  return out;
}

Settings read_settings(const std::string& path) {
  std::string text;
  try {
    text = read_file(path, 1U << 20U);
  } catch (const SystemError& error) {
    const std::string hint =
        error.code() == ENOENT ? "; write it, or set services.hwcsync in the NixOS configuration" : "";
    throw ConfigError(ConfigKind::host,
                      {Problem{{path, 0, 0}, "cannot be read: " + error.text().reason + hint}});
  }
  return parse_settings(text, path);
}

Settings default_settings() {
  Settings out;
  out.host = hostname();
  return out;
}

std::string settings_path(const std::string& option) {
  if (!option.empty()) return option;
  const char* named = std::getenv("HWCSYNC_CONFIG");
  return named != nullptr && *named != '\0' ? named : kSettingsFile;
}

Json settings_schema() {
  Json out = Schema<Settings>::json();
  out["$schema"] = "https://json-schema.org/draft/2020-12/schema";
  out["title"] = "hwcsync host configuration (/etc/hwcsync/config.yaml), version 1";
  return out;
}

}  // namespace hwcsync::settings
