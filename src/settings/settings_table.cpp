#include "src/settings/settings_table.hpp"

#include "src/settings/duration.hpp"

#include <algorithm>
#include <array>

namespace hwcsync {
namespace {

using settings::Deadlines;
using settings::HealthSettings;
using settings::RepositorySource;
using settings::Settings;

template <auto Member, class T>
void read_duration(const Row<T>& row, const Yaml& value, T& out, Problems& problems) {
  const auto parsed = value.is_scalar() ? settings::parse_duration(value.text) : std::nullopt;
  if (!parsed || parsed->count() == 0) {
    problems.add(value, "'" + row.key + "' needs a time with its unit like 60s, 5min, 2h or 1m30s, found " +
                            (value.is_scalar() ? "'" + value.text + "'" : std::string(value.kind_name())));
    return;
  }
  out.*Member = *parsed;
}

Json duration_schema() {
  return {{"type", "string"}, {"pattern", settings::duration_pattern()}};
}

template <auto Member>
auto duration_row(std::string key, std::string doc) {
  using T = decltype(detail::class_of(Member));
  return Row<T>{std::move(key), std::move(doc), &read_duration<Member, T>, &duration_schema, false};
}

// A file or directory of this machine: absolute, without "..", so that it means the same in every process.
bool is_absolute_path(const std::string& text) {
  return !text.empty() && text.front() == '/' && text.find("/../") == std::string::npos &&
         !text.ends_with("/..");
}

template <auto Member>
void read_path(const Row<Settings>& row, const Yaml& value, Settings& out, Problems& problems) {
  std::string text;
  Schema<std::string>::read(value, text, problems);
  if (value.is_scalar() && !is_absolute_path(text)) {
    problems.add(value, "'" + row.key + "' needs an absolute path without '..', found '" + text + "'");
    return;
  }
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  out.*Member = text;
}

template <auto Member>
Row<Settings> path_row(std::string key, std::string doc) {
  return {std::move(key), std::move(doc), &read_path<Member>, &Schema<std::string>::json, false};
}

// A list in the file replaces the default list.
void read_identities(const Row<Settings>& /*row*/, const Yaml& value, Settings& out, Problems& problems) {
  std::vector<std::string> paths;
  Schema<std::vector<std::string>>::read(value, paths, problems);
  for (const std::string& path : paths) {
    if (!is_absolute_path(path))
      problems.add(value, "an identity is the absolute path of a key, found '" + path + "'");
  }
  if (value.is_sequence() && paths.empty()) {
    problems.add(value,
                 "'identities' is empty: without a key no secret can be decrypted; leave the line out for "
                 "the SSH host key");
  }
  out.identities = std::move(paths);
}

void read_version(const Row<Settings>& /*row*/, const Yaml& value, Settings& out, Problems& problems) {
  Schema<std::int64_t>::read(value, out.version, problems);
  if (value.is_scalar() && out.version != 1) {
    problems.add(value, "this hwcsync reads version 1 of the file, found '" + value.text + "'");
  }
}

Json version_schema() {
  return {{"const", 1}};
}

// git-check-ref-format(1), as far as a branch name can hurt: options, ranges, globs, other namespaces.
bool is_branch_name(const std::string& name) {
  if (name.empty() || name.front() == '-' || name.front() == '/' || name.back() == '/' ||
      name.back() == '.' || name.ends_with(".lock") || name == "@") {
    return false;
  }
  const auto contains = [&](std::string_view part) { return name.find(part) != std::string::npos; };
  if (contains("..") || contains("//") || contains("@{") || contains("/.") || name.front() == '.')
    return false;
  return std::none_of(name.begin(), name.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte <= 0x20 || byte == 0x7f || std::string_view("~^:?*[\\").find(c) != std::string_view::npos;
  });
}

void read_branch(const Row<RepositorySource>& /*row*/, const Yaml& value, RepositorySource& out,
                 Problems& problems) {
  Schema<std::string>::read(value, out.branch, problems);
  if (value.is_scalar() && !is_branch_name(out.branch)) {
    problems.add(value, "'" + out.branch + "' is not the name of a branch");
  }
}

void read_url(const Row<RepositorySource>& /*row*/, const Yaml& value, RepositorySource& out,
              Problems& problems) {
  Schema<std::string>::read(value, out.url, problems);
  if (!value.is_scalar()) return;
  // git reads what begins with '-' as an option and "ext::" as a command to run.
  if (out.url.empty() || out.url.front() == '-' || out.url.find("::") != std::string::npos ||
      std::any_of(out.url.begin(), out.url.end(),
                  [](char c) { return static_cast<unsigned char>(c) <= 0x20; })) {
    problems.add(value, "'" + out.url + "' is not the URL or path of a Git repository");
  } else if (out.url.find("://") == std::string::npos && out.url.find(':') == std::string::npos &&
             out.url.front() != '/') {
    problems.add(value, "a repository on this machine needs an absolute path, found '" + out.url + "'");
  }
}

}  // namespace

template <>
struct Schema<LogLevel> : EnumSchema<LogLevel> {
  static std::vector<std::pair<std::string, LogLevel>> words() {
    return {{"debug", LogLevel::debug},
            {"info", LogLevel::info},
            {"warning", LogLevel::warning},
            {"error", LogLevel::error}};
  }
};

template <>
struct Schema<settings::SecretsBackend> : EnumSchema<settings::SecretsBackend> {
  static std::vector<std::pair<std::string, settings::SecretsBackend>> words() {
    return {{"fuse", settings::SecretsBackend::fuse}, {"ramfs", settings::SecretsBackend::ramfs}};
  }
};

const Rows<RepositorySource>& Schema<RepositorySource>::rows() {
  static const Rows<RepositorySource> table{
      {"url", "URL or absolute path of the configuration repository", &read_url, &Schema<std::string>::json,
       true},
      {"branch", "branch to follow (default main)", &read_branch, &Schema<std::string>::json, false},
  };
  return table;
}

const Rows<HealthSettings>& Schema<HealthSettings>::rows() {
  static const Rows<HealthSettings> table{
      duration_row<&HealthSettings::settle>("settle", "how long everything must stay well (default 10s)"),
      duration_row<&HealthSettings::timeout>("timeout", "how long it may take to become well (default 120s)"),
      row<&HealthSettings::check_remote>("check-remote",
                                         "whether the Git remote must be reachable after a switch"),
  };
  return table;
}

const Rows<Deadlines>& Schema<Deadlines>::rows() {
  static const Rows<Deadlines> table{
      duration_row<&Deadlines::fetch>("fetch", "for git fetch (default 5min)"),
      duration_row<&Deadlines::pull>("pull", "for pulling the images of a plan (default 30min)"),
      duration_row<&Deadlines::build>("build", "for building the system (default 2h)"),
      duration_row<&Deadlines::switching>("switch", "for switching to it (default 1h)"),
  };
  return table;
}

const Rows<Settings>& Schema<Settings>::rows() {
  static const Rows<Settings> table{
      {"version", "version of this file's format", &read_version, &version_schema, true},
      row<&Settings::host>("host", "name of this machine in hwcsync.yaml (default: its hostname)"),
      required_row<&Settings::repository>("repository", "where the configuration comes from"),
      duration_row<&Settings::poll_interval>("poll-interval", "how often to ask the remote (default 60s)"),
      {"identities", "keys that decrypt this host's secrets (default: the SSH host key)", &read_identities,
       &Schema<std::vector<std::string>>::json, false},
      row<&Settings::backend>("backend",
                              "how secrets are shown: fuse (default), or ramfs where that is not there"),
      path_row<&Settings::state_dir>("state-dir", "what must survive a reboot (default /var/lib/hwcsync)"),
      path_row<&Settings::runtime_dir>("runtime-dir", "sockets, locks and views (default /run/hwcsync)"),
      row<&Settings::nixos_rebuild>("nixos-rebuild", "the nixos-rebuild program"),
      row<&Settings::nix>("nix", "the nix program"),
      row<&Settings::health>("health", "when a switched system counts as healthy"),
      row<&Settings::deadlines>("deadlines", "how long the slow steps may take"),
      row<&Settings::log_level>("log-level", "least severity that is logged (default info)"),
  };
  return table;
}

}  // namespace hwcsync
