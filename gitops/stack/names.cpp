#include "gitops/stack/names.hpp"

#include "gitops/compose/interpolation.hpp"
#include "src/base/text.hpp"
#include "src/base/tree.hpp"

#include <algorithm>

namespace hwcsync::stack {
namespace {

bool is_lower_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_number(std::string_view text) {
  return !text.empty() && text.size() <= 10 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= 63 && name.front() != '-' &&
         std::all_of(name.begin(), name.end(), [](char c) { return is_lower_or_digit(c) || c == '-'; });
}

bool is_unit_name(std::string_view name) {
  return !name.empty() && name.size() <= 200 && name.front() != '.' && name.front() != '-' &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z') || c == ':' || c == '_' || c == '.' ||
                  c == '-';
         });
}

bool is_repository_path(std::string_view path) {
  const auto joined = join_path("", path);
  return !path.empty() && joined && *joined == path;
}

bool is_owner(std::string_view text) {
  const auto colon = text.find(':');
  return colon != std::string_view::npos && is_number(text.substr(0, colon)) &&
         is_number(text.substr(colon + 1));
}

bool is_mode(std::string_view text) {
  return (text.size() == 3 || text.size() == 4) &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '7'; });
}

void check_variable_names(const Yaml* variables, Problems& problems) {
  if (variables == nullptr) return;
  for (const Yaml::Entry& entry : variables->entries) {
    if (compose::is_variable_name(entry.key)) continue;
    problems.add(key_place(*variables, entry.key),
                 "'" + entry.key + "' is no name for a variable (letters, digits and '_', no digit first)");
  }
}

void check_text(const Yaml& value, Problems& problems) {
  if (value.text.find('\0') != std::string::npos || !is_valid_utf8(value.text))
    problems.add(value, "holds a NUL byte, or text that is not UTF-8: remove it");
  for (const Yaml::Entry& entry : value.entries) {
    if (entry.key.find('\0') != std::string::npos || !is_valid_utf8(entry.key))
      problems.add(key_place(value, entry.key), "the key holds a NUL byte, or text that is not UTF-8");
    check_text(entry.value, problems);
  }
  for (const Yaml& item : value.items) check_text(item, problems);
}

namespace {

void add_places(const Yaml& value, const std::string& path, std::map<std::string, Location>& out) {
  const std::string prefix = path.empty() ? "" : path + '.';
  for (const Yaml::Entry& entry : value.entries) {
    out[prefix + entry.key] = key_place(value, entry.key);
    add_places(entry.value, prefix + entry.key, out);
  }
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    out[prefix + std::to_string(i)] = value.items[i].where();
    add_places(value.items[i], prefix + std::to_string(i), out);
  }
}

}  // namespace

std::map<std::string, Location> places_of(const Yaml& document) {
  std::map<std::string, Location> out;
  add_places(document, "", out);
  return out;
}

std::optional<Location> find_place(const std::map<std::string, Location>& places, std::string path) {
  for (;;) {
    if (const auto found = places.find(path); found != places.end()) return found->second;
    const auto dot = path.rfind('.');
    if (dot == std::string::npos) return std::nullopt;
    path.resize(dot);
  }
}

Location key_place(const Yaml& mapping, std::string_view key) {
  for (const Yaml::Entry& entry : mapping.entries) {
    if (entry.key != key) continue;
    Location where = entry.value.file ? entry.value.where() : mapping.where();
    where.line = entry.line;
    where.column = entry.column;
    return where;
  }
  return mapping.where();
}

}  // namespace hwcsync::stack
