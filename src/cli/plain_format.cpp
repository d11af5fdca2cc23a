#include "src/cli/plain_format.hpp"

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
  if (name.ends_with(".env") || name.starts_with(".env") || name.find(".env.") != std::string::npos)
    return "dotenv";
  return "";
}

bool is_name(std::string_view text) {
  constexpr std::string_view kFirst = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_";
  return !text.empty() && kFirst.find(text.front()) != std::string_view::npos &&
         text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") == std::string_view::npos;
}

// A line of base32 ends like a variable without a value, or with more '=' than that.
bool cannot_be_else(std::string_view text) {
  bool sure = false;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.front() == '#') continue;
    const auto equals = line.find('=');
    if (equals == std::string_view::npos || !is_name(line.substr(0, equals))) return false;
    const std::string_view value = line.substr(equals + 1);
    const bool padding = value.find_first_not_of('=') == std::string_view::npos;
    if (padding && !value.empty()) return false;
    sure = sure || !padding;
  }
  return sure;
}

}  // namespace

std::string choose_plain_format(const std::string& path, const std::string& output, secrets::Bytes content) {
  for (const std::string& name : {path, output}) {
    if (auto format = format_of_name(name); !format.empty()) return format;
  }
  const std::string_view text(reinterpret_cast<const char*>(content.data()), content.size());
  return cannot_be_else(text) ? "dotenv" : "binary";
}

}  // namespace hwcsync::cli
