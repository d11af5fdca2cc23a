#include "gitops/nix/encoders.hpp"

#include "src/base/error.hpp"
#include "src/base/json.hpp"
#include "src/base/text.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <utility>
#include <vector>

namespace hwcsync::nix {
namespace {

std::string doubled(std::string_view text, std::string_view which) {
  std::string out;
  for (const char c : text) {
    out += c;
    if (which.find(c) != std::string_view::npos) out += c;
  }
  return out;
}

bool control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

// systemd's own quoting (extract_first_word with C unescaping).
std::string systemd_quoted(std::string_view text) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  const bool plain = !text.empty() && text.find_first_of(" \"'\\;") == std::string_view::npos &&
                     std::none_of(text.begin(), text.end(), control);
  if (plain) return std::string(text);
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (control(c)) {
      const auto byte = static_cast<unsigned char>(c);
      out += "\\x";
      out += kHex[byte >> 4U];
      out += kHex[byte & 15U];
    } else {
      out += c;
    }
  }
  return out + '"';
}

}  // namespace

std::string systemd_text(std::string_view text) {
  std::string out = doubled(text, "%");
  std::replace_if(out.begin(), out.end(), control, ' ');
  const auto end = out.find_last_not_of('\\');
  const auto backslashes = out.size() - (end == std::string::npos ? 0 : end + 1);
  // An odd one at the end would join the next line to this one.
  if (backslashes % 2 == 1) out += ' ';
  return out;
}

std::string systemd_path(std::string_view path) {
  if (std::any_of(path.begin(), path.end(), control)) {
    throw Error(ErrorText{"cannot wait for the mount of", std::string(path),
                          "systemd has no way to write a line break or another "
                          "control character in RequiresMountsFor=",
                          "rename the directory"});
  }
  return systemd_quoted(doubled(path, "%"));
}

std::string systemd_word(std::string_view word) {
  return systemd_quoted(doubled(word, "%$"));
}

std::string systemd_path_unit(std::string_view path) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  std::size_t begin = 0;
  while (begin <= path.size()) {
    const auto end = std::min(path.find('/', begin), path.size());
    const auto part = path.substr(begin, end - begin);
    begin = end + 1;
    if (part.empty()) continue;
    if (!out.empty()) out += '-';
    for (std::size_t i = 0; i < part.size(); ++i) {
      const auto byte = static_cast<unsigned char>(part[i]);
      const bool safe = byte < 0x80 && (std::isalnum(byte) != 0 || byte == ':' || byte == '_' || byte == '.');
      if (safe && !(byte == '.' && out.empty())) {
        out += part[i];
      } else {
        out += "\\x";
        out += kHex[byte >> 4U];
        out += kHex[byte & 15U];
      }
    }
  }
  return out.empty() ? "-" : out;
}

namespace {

// tmpfiles.d(5) of systemd 252 knows quotes and a backslash before a character, but no C escapes.
std::string tmpfiles_path(std::string_view path) {
  if (path.find_first_of("\n\r") != std::string_view::npos) {
    throw Error(ErrorText{"cannot make the directory", std::string(path),
                          "a line of tmpfiles.d has no way to write a line break", "rename the directory"});
  }
  const std::string text = doubled(path, "%");
  if (text.find_first_of(" \t\"'\\") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

}  // namespace

std::string tmpfiles_directory(std::string_view path, std::string_view mode, std::string_view owner) {
  const auto colon = owner.find(':');
  const std::string user(owner.substr(0, colon));
  const std::string group(colon == std::string_view::npos ? std::string_view("-") : owner.substr(colon + 1));
  return tmpfiles_directory(path, mode, user, group);
}

std::string tmpfiles_directory(std::string_view path, std::string_view mode, std::string_view user,
                               std::string_view group) {
  const auto word = [](std::string_view text) {
    return text.empty() || text == ":" ? std::string("-") : std::string(text);
  };
  return "d " + tmpfiles_path(path) + " " + std::string(mode) + " " + word(user) + " " + word(group) + " -";
}

std::string tmpfiles_link(std::string_view path, std::string_view target) {
  return "L " + tmpfiles_path(path) + " - - - - " + std::string(target);
}

std::string shell_word(std::string_view word) {
  const auto plain = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("_-./:=@%+,").find(c) != std::string_view::npos;
  };
  if (!word.empty() && std::all_of(word.begin(), word.end(), plain)) return std::string(word);
  std::string out = "'";
  for (const char c : word) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + "'";
}

std::string podman_port_prefix(const compose::Port& port) {
  if (port.host_ip.empty()) return "";
  const bool six = port.host_ip.find(':') != std::string::npos && port.host_ip.front() != '[';
  return (six ? "[" + port.host_ip + "]" : port.host_ip) + ":";
}

std::string podman_port_suffix(const compose::Port& port) {
  return ":" + port.target + (port.protocol == "tcp" || port.protocol.empty() ? "" : "/" + port.protocol);
}

std::string podman_port(const compose::Port& port) {
  const auto range = [](const std::string& text) { return text.find('-') != std::string::npos; };
  if (range(port.published) && !range(port.target)) {
    throw Error(ErrorText{"cannot publish a port", port.published + ":" + port.target,
                          "podman does not pick one of a range of ports",
                          "name one host port, or give the container a range of the same length"});
  }
  const std::string prefix = podman_port_prefix(port);
  const std::string suffix = podman_port_suffix(port);
  if (port.published.empty() && prefix.empty()) return suffix.substr(1);
  return prefix + port.published + suffix;
}

std::string json_words(const std::vector<std::string>& words) {
  for (const auto& word : words) {
    if (is_valid_utf8(word) && word.find('\0') == std::string::npos) continue;
    throw Error(ErrorText{"cannot write a command", "a word that is not UTF-8 text",
                          "podman reads lists of words as JSON",
                          "put the command into a script in the image"});
  }
  return Json(words).dump();
}

std::int64_t seconds(std::string_view duration, std::string_view what) {
  static constexpr std::array<std::pair<std::string_view, double>, 6> kUnits{
      {{"us", 1e-6}, {"ms", 1e-3}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}}};
  double total = 0;
  std::size_t at = 0;
  while (at < duration.size()) {
    double number = 0;
    const auto* begin = duration.data() + at;
    const auto [end, failure] = std::from_chars(begin, duration.data() + duration.size(), number);
    const std::size_t unit_at = at + static_cast<std::size_t>(end - begin);
    std::size_t unit_end = unit_at;
    while (unit_end < duration.size() && std::isalpha(static_cast<unsigned char>(duration[unit_end])) != 0)
      ++unit_end;
    const auto unit = duration.substr(unit_at, unit_end - unit_at);
    const auto* known =
        std::find_if(kUnits.begin(), kUnits.end(), [&](const auto& row) { return row.first == unit; });
    if (failure != std::errc{} || known == kUnits.end()) {
      throw Error(ErrorText{"cannot read a duration", std::string(what),
                            "'" + std::string(duration) + "' is not one", "write it like 90s or 1m30s"});
    }
    total += number * known->second;
    at = unit_end;
  }
  return static_cast<std::int64_t>(std::ceil(total));
}

}  // namespace hwcsync::nix
