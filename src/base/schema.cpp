#include "src/base/schema.hpp"

#include "src/base/text.hpp"

#include <charconv>

namespace hwcsync {
namespace {

std::string found(const Yaml& value) {
  return value.is_scalar() ? "'" + value.text + "'" : std::string(value.kind_name());
}

}  // namespace

void Problems::throw_if_any(ConfigKind kind) const {
  if (!list_.empty()) throw ConfigError(kind, list_);
}

namespace schema {

void unknown_key(const Yaml& mapping, const Yaml::Entry& entry, std::span<const std::string> known,
                 Problems& problems) {
  Location where = mapping.where();
  where.line = entry.line;
  where.column = entry.column;
  if (entry.value.file) where.file = *entry.value.file;
  problems.add(std::move(where), "unknown key '" + entry.key + "'" + suggestion(entry.key, known));
}

bool expect_mapping(const Yaml& value, Problems& problems) {
  if (value.is_mapping()) return true;
  if (!value.is_null()) problems.add(value, "expected a mapping, found " + found(value));
  return false;
}

Json object_schema(const std::vector<std::pair<std::string, Json>>& properties,
                   const std::vector<std::string>& required) {
  Json out{{"type", "object"}, {"additionalProperties", false}, {"properties", Json::object()}};
  for (const auto& [name, property] : properties) out["properties"][name] = property;
  if (!required.empty()) out["required"] = required;
  return out;
}

}  // namespace schema

void Schema<std::string>::read(const Yaml& value, std::string& out, Problems& problems) {
  if (!value.is_scalar()) {
    problems.add(value, "expected text, found " + std::string(value.kind_name()));
    return;
  }
  out = value.text;
}

Json Schema<std::string>::json() {
  return {{"type", "string"}};
}

void Schema<bool>::read(const Yaml& value, bool& out, Problems& problems) {
  const bool plain = value.is_scalar() && value.style == Yaml::Style::plain;
  if (plain && (value.text == "true" || value.text == "false")) {
    out = value.text == "true";
  } else {
    problems.add(value, "expected true or false, found " + found(value));
  }
}

Json Schema<bool>::json() {
  return {{"type", "boolean"}};
}

void Schema<std::int64_t>::read(const Yaml& value, std::int64_t& out, Problems& problems) {
  const std::string& text = value.text;
  const char* const end = text.data() + text.size();
  const bool padded = text.size() > 1 && (text.front() == '0' || text.substr(0, 2) == "-0");
  const bool plain = value.is_scalar() && value.style == Yaml::Style::plain && !padded;
  if (plain && !text.empty()) {
    const auto [stop, code] = std::from_chars(text.data(), end, out);
    if (code == std::errc() && stop == end) return;
  }
  problems.add(value, "expected a whole number, found " + found(value));
}

Json Schema<std::int64_t>::json() {
  return {{"type", "integer"}};
}

void Schema<Yaml>::read(const Yaml& value, Yaml& out, Problems& /*problems*/) {
  out = value;
}

Json Schema<Yaml>::json() {
  return Json::object();
}

}  // namespace hwcsync
