#pragma once

#include "gitops/compose/model.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// One encoder per layer that stands between a value and the program that reads it. The Nix layer is
// escape.hpp.
namespace hwcsync::nix {

// Text in a unit file directive, which is one line: `%` starts a specifier, so it is doubled
// (systemd.unit(5)); control characters become spaces.
[[nodiscard]] std::string systemd_text(std::string_view text);

// A path in a directive that takes several of them (RequiresMountsFor=): specifiers doubled, quoted where the
// splitting by white space would tear it apart.
[[nodiscard]] std::string systemd_path(std::string_view path);

// One word of an Exec line: `%` and `$` doubled, quoted where needed (systemd.service(5), "Command lines").
[[nodiscard]] std::string systemd_word(std::string_view word);

// The unit that systemd has for a path: "/mnt/my data" -> "mnt-my\x20data" (systemd-escape --path).
[[nodiscard]] std::string systemd_path_unit(std::string_view path);

// A line of tmpfiles.d(5) that makes a directory: d "path" mode uid gid -
[[nodiscard]] std::string tmpfiles_directory(std::string_view path, std::string_view mode,
                                             std::string_view owner);
// A `:` before mode, user or group: only for what is made anew.
[[nodiscard]] std::string tmpfiles_directory(std::string_view path, std::string_view mode,
                                             std::string_view user, std::string_view group);

// A line that makes a symbolic link where nothing is.
[[nodiscard]] std::string tmpfiles_link(std::string_view path, std::string_view target);

// One word of POSIX shell, in single quotes unless it is plain.
[[nodiscard]] std::string shell_word(std::string_view word);

// What podman's -p takes: ip:published:target/proto, IPv6 in brackets, `ip::target` for a port chosen at
// start. Throws Error for what podman refuses (a range that maps to one port).
[[nodiscard]] std::string podman_port(const compose::Port& port);
// The part of podman_port before the published port ("127.0.0.1:", "[::1]:" or nothing) and after it
// (":80/udp").
[[nodiscard]] std::string podman_port_prefix(const compose::Port& port);
[[nodiscard]] std::string podman_port_suffix(const compose::Port& port);

// A list of words as JSON, as podman reads --entrypoint and --health-cmd; Error for text that is not UTF-8.
[[nodiscard]] std::string json_words(const std::vector<std::string>& words);

// "1m30s" in whole seconds, rounded up; Error for what is no Compose duration.
[[nodiscard]] std::int64_t seconds(std::string_view duration, std::string_view what);

}  // namespace hwcsync::nix
