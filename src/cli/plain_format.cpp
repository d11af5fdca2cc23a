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

bool is_name(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789";
  const auto is_letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; };
  return !text.empty() && is_letter(text.front()) && std::all_of(text.begin(), text.end(), [&](char c) {
    return is_letter(c) || kDigits.find(c) != std::string_view::npos;
  });
}

// Written by people: "c2VjcmV0=" is a name to is_name(), too.
bool is_plain_name(std::string_view text) {
  return is_name(text) && std::none_of(text.begin(), text.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

// A line of base32 ends like a variable without a value, or with more '=' than that.
// Whether every line assigns to a name that `fits`, and one of them something.
bool is_dotenv(std::string_view text, bool (*fits)(std::string_view)) {
  bool sure = false;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (trim(line).empty() || line.front() == '#') continue;
    const auto equals = line.find('=');
    if (equals == std::string_view::npos || !fits(line.substr(0, equals))) return false;
    const std::string_view value = trim(line.substr(equals + 1));
    const bool padding = value.find_first_not_of('=') == std::string_view::npos;
    if (padding && !value.empty()) return false;
    sure = sure || !padding;
  }
  return sure;
}

}  // namespace

std::string choose_plain_format(const std::string& path, const std::string& output, secrets::Bytes content) {
  const std::string_view text(reinterpret_cast<const char*>(content.data()), content.size());
  for (const std::string& name : {path, output}) {
    const std::string format = format_of_name(name);
    if (format.empty()) continue;
    // Its names would stay in clear.
    if (format == "dotenv" && !is_dotenv(text, is_name))
      throw UsageError({"cannot choose a format for", name,
                        "its name says dotenv, and it does not read like lines of NAME=value",
                        "say --format dotenv, or --format binary for a file that is secret as a whole"});
    return format;
  }
  return is_dotenv(text, is_plain_name) ? "dotenv" : "binary";
}

}  // namespace hwcsync::cli
