#include "gitops/compose/canonical_map.hpp"

#include <utility>

namespace hwcsync::compose {
namespace {

Yaml text_node(const std::string& plain) {
  return Yaml::scalar(Template::literal(plain).compose_text());
}

Yaml bare(std::string digits) {
  Yaml out = Yaml::scalar(std::move(digits));
  out.style = Yaml::Style::plain;
  return out;
}

}  // namespace

CanonicalMap& CanonicalMap::text(const char* key, const std::string& value) {
  if (!value.empty()) yaml_.set(key, text_node(value));
  return *this;
}
CanonicalMap& CanonicalMap::text(const char* key, const Template& value) {
  if (!value.parts.empty()) yaml_.set(key, Yaml::scalar(value.compose_text()));
  return *this;
}
CanonicalMap& CanonicalMap::number(const char* key, const std::string& digits) {
  if (!digits.empty()) yaml_.set(key, bare(digits));
  return *this;
}
CanonicalMap& CanonicalMap::number(const char* key, std::optional<std::int64_t> value) {
  if (value) yaml_.set(key, bare(std::to_string(*value)));
  return *this;
}
CanonicalMap& CanonicalMap::flag(const char* key, bool value) {
  if (value) yaml_.set(key, bare("true"));
  return *this;
}
CanonicalMap& CanonicalMap::choice(const char* key, std::optional<bool> value) {
  if (value) yaml_.set(key, bare(*value ? "true" : "false"));
  return *this;
}
CanonicalMap& CanonicalMap::list(const char* key, const std::vector<std::string>& items) {
  return node(key, canonical_list(items, text_node));
}
CanonicalMap& CanonicalMap::list(const char* key, const std::vector<Template>& items) {
  return node(key,
              canonical_list(items, [](const Template& item) { return Yaml::scalar(item.compose_text()); }));
}
CanonicalMap& CanonicalMap::map(const char* key, const std::map<std::string, std::string>& items) {
  Yaml out = Yaml::mapping();
  for (const auto& [name, value] : items) out.set(name, text_node(value));
  return node(key, std::move(out));
}
CanonicalMap& CanonicalMap::map(const char* key, const std::map<std::string, Template>& items) {
  Yaml out = Yaml::mapping();
  for (const auto& [name, value] : items) out.set(name, Yaml::scalar(value.compose_text()));
  return node(key, std::move(out));
}
CanonicalMap& CanonicalMap::set(const char* key, Yaml value) {
  yaml_.set(key, std::move(value));
  return *this;
}
CanonicalMap& CanonicalMap::node(const char* key, Yaml value) {
  if (!value.entries.empty() || !value.items.empty()) yaml_.set(key, std::move(value));
  return *this;
}
CanonicalMap& CanonicalMap::node(const char* key, CanonicalMap value) {
  return node(key, value.take());
}

}  // namespace hwcsync::compose
