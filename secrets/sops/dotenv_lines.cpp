#include "secrets/sops/dotenv_lines.hpp"

#include "secrets/arena/secret_error.hpp"

namespace hwcsync::secrets {
namespace {

constexpr std::string_view kSubject = "a sops dotenv file";
constexpr std::string_view kPrefix = "sops_";

}  // namespace

DotenvLines split_sops_dotenv(std::string_view text) {
  DotenvLines out;
  int number = 0;
  while (!text.empty()) {
    ++number;
    const auto end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty()) continue;
    if (line.front() == '#') {
      out.lines.push_back({DotenvLine::Kind::comment, {}, line.substr(1), number});
      continue;
    }
    const auto equals = line.find('=');
    // The line itself may be plaintext: only its number is told.
    if (equals == std::string_view::npos) {
      throw_undecryptable(SecretFailure::malformed, kSubject,
                          "line " + std::to_string(number) + " has no '='");
    }
    const std::string_view key = line.substr(0, equals);
    const std::string_view value = line.substr(equals + 1);
    if (!key.starts_with(kPrefix)) {
      out.lines.push_back({DotenvLine::Kind::value, key, value, number});
      continue;
    }
    const auto [where, is_new] =
        out.metadata.emplace(std::string(key.substr(kPrefix.size())), unescape_newlines(value));
    if (!is_new) {
      throw_undecryptable(SecretFailure::malformed, kSubject,
                          "line " + std::to_string(number) + ": '" + std::string(key) + "' stands twice");
    }
  }
  if (!out.metadata.contains("mac") && !out.metadata.contains("lastmodified")) {
    throw_undecryptable(
        SecretFailure::not_encrypted, kSubject,
        "it has no sops_ metadata; encrypt it with `sops encrypt` or `hwcsync secrets encrypt`");
  }
  return out;
}

std::string unescape_newlines(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i, 2) == "\\n") {
      out += '\n';
      ++i;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string escape_newlines(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) c == '\n' ? out += "\\n" : out += c;
  return out;
}

}  // namespace hwcsync::secrets
