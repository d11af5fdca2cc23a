#pragma once

#include "src/base/json.hpp"
#include "src/base/log.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

// /etc/hwcsync/config.yaml: whom this machine trusts and where things are (DESIGN 3.3). What it says of the
// running host, never of stacks; a key of hwcsync.yaml or stack.yaml is an error that names the right file.
namespace hwcsync::settings {

inline constexpr const char* kSettingsFile = "/etc/hwcsync/config.yaml";

struct RepositorySource {
  std::string url;  // URL, or path of a bare repository on this machine
  std::string branch = "main";
};

struct HealthSettings {
  std::chrono::milliseconds settle{10'000};    // everything must stay well this long
  std::chrono::milliseconds timeout{120'000};  // to become well
  bool check_remote = true;                    // the git remote must still be reachable after a switch
};

struct Deadlines {
  std::chrono::milliseconds fetch{300'000};
  std::chrono::milliseconds pull{1'800'000};
  std::chrono::milliseconds build{7'200'000};
  std::chrono::milliseconds switching{3'600'000};  // key "switch"
};

// How secrets are shown. A ramfs where there is no FUSE: no audit, no revocation of what is open.
enum class SecretsBackend { fuse, ramfs };

struct Settings {
  std::int64_t version = 1;
  std::string host;  // name in hwcsync.yaml; when the file does not say: the machine's hostname
  RepositorySource repository;
  std::chrono::milliseconds poll_interval{60'000};  // key "poll-interval"
  std::vector<std::string> identities{"/etc/ssh/ssh_host_ed25519_key"};
  SecretsBackend backend = SecretsBackend::fuse;
  std::string state_dir = "/var/lib/hwcsync";   // key "state-dir"
  std::string runtime_dir = "/run/hwcsync";     // key "runtime-dir"
  std::string nixos_rebuild = "nixos-rebuild";  // key "nixos-rebuild": program, looked up in PATH
  std::string nix = "nix";
  HealthSettings health;
  Deadlines deadlines;
  LogLevel log_level = LogLevel::info;  // key "log-level"

  [[nodiscard]] std::string mirror() const { return state_dir + "/mirror.git"; }
  [[nodiscard]] std::string runs() const { return state_dir + "/runs"; }
  [[nodiscard]] std::string control_socket() const { return runtime_dir + "/control"; }
};

// Reads the file strictly. Throws ConfigError(ConfigKind::host), exit status 78, with every problem found; a
// file that is missing or cannot be read is one too.
[[nodiscard]] Settings read_settings(const std::string& path);
[[nodiscard]] Settings parse_settings(std::string_view text, const std::string& path);

// What holds without a file: for read-only commands on a laptop or in CI.
[[nodiscard]] Settings default_settings();

// The path to read: `option` (--config), else $HWCSYNC_CONFIG, else kSettingsFile.
[[nodiscard]] std::string settings_path(const std::string& option);

// The JSON Schema of the file, from the table that reads it (docs/schema/config.schema.json).
[[nodiscard]] Json settings_schema();

}  // namespace hwcsync::settings
