#include "src/cli/plain_format.hpp"

#include "src/base/error.hpp"
#include "src/base/text.hpp"

#include <algorithm>
#include <filesystem>
#include <string_view>

namespace hwcsync::cli {
namespace {

std::string format_of_name(const std::string& path) {
  const std::string name = std::filesystem::path(path).filename().string();
  if (name.ends_with(".yaml") || name.ends_with(".yml")) return "yaml";
  if (name.ends_with(".json")) return "json";
  if (name.ends_with(".ini")) return "ini";
  if (name.ends_with(".age")) return "age";
  if (name.ends_with(".env") || name.starts_with(".env.")) return "dotenv";
  return "";
}

// "app.env.local", and also "db.env.backup", which may hold anything.
bool allows_dotenv(const std::string& path) {
  return std::filesystem::path(path).filename().string().find(".env.") != std::string::npos;
}

bool is_name(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789";
  const auto is_letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; };
  return !text.empty() && is_letter(text.front()) && std::all_of(text.begin(), text.end(), [&](char c) {
    return is_letter(c) || kDigits.find(c) != std::string_view::npos;
  });
}

bool has_letter_between(std::string_view text, char first, char last) {
  return std::ranges::any_of(text, [=](char c) { return c >= first && c <= last; });
}

// Sixteen are 80 bits, the least that a TOTP key has.
bool is_base32(std::string_view text) {
  return text.size() >= 16 &&
         text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == std::string_view::npos;
}

// A text as lines of dotenv. Lines count from 1, and 0 means that there is none.
struct Lines {
  std::size_t misfit = 0;  // the first that is no NAME=value
  std::size_t key = 0;     // the first that may be the end of base64 or base32: "c2VjcmV0=", "QQ=="
  bool values = false;     // some variable has one
  bool capitals = true;    // as people write most names
};

Lines read_lines(std::string_view text) {
  Lines out;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (trim(line).empty() || line.front() == '#') continue;
    const auto equals = std::min(line.find('='), line.size());
    const std::string_view name = line.substr(0, equals);
    const std::string_view value = trim(line.substr(std::min(equals + 1, line.size())));
    const bool padding = value.find_first_not_of('=') == std::string_view::npos;
    const bool lower = has_letter_between(name, 'a', 'z');
    const bool key =
        padding && (!value.empty() || (lower && has_letter_between(name, 'A', 'Z')) || is_base32(name));
    const bool fits = equals < line.size() && is_name(name);
    if (!fits && out.misfit == 0) out.misfit = number;
    if (key && out.key == 0) out.key = number;
    out.values = out.values || !padding;
    out.capitals = out.capitals && !lower;
  }
  return out;
}

// Why a text is not to be taken for dotenv, whose names stay in clear, though a name speaks for it.
std::string why_no_dotenv(const Lines& lines) {
  if (lines.misfit != 0) return "line " + std::to_string(lines.misfit) + " is no NAME=value";
  if (lines.key != 0 && !lines.values)
    return "line " + std::to_string(lines.key) + " may be a key in base64 or base32";
  return "";
}

}  // namespace

std::string choose_plain_format(const std::string& path, const std::string& output, secrets::Bytes content) {
  const Lines lines = read_lines({reinterpret_cast<const char*>(content.data()), content.size()});
  const std::string trouble = why_no_dotenv(lines);
  for (const std::string& name : {path, output}) {
    const std::string format = format_of_name(name);
    if (format == "dotenv" && !trouble.empty())
      throw UsageError({"cannot choose a format for", name, "its name says dotenv, and " + trouble,
                        "say --format dotenv, or --format binary for a file that is secret as a whole"});
    if (!format.empty()) return format;
  }
  const bool allowed = allows_dotenv(path) || allows_dotenv(output);
  const bool sure = lines.misfit == 0 && lines.key == 0 && lines.values;
  return sure && (allowed || lines.capitals) ? "dotenv" : "binary";
}

}  // namespace hwcsync::cli
