#pragma once

#include "gitops/compose/template.hpp"
#include "src/base/yaml.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

// Internal to gitops/compose: how the canonical form is put together. Every `$` of ours is doubled, because
// the provider interpolates the file once more; what is empty or absent is left out.
namespace hwcsync::compose {

class CanonicalMap {
 public:
  CanonicalMap& text(const char* key, const std::string& value);
  CanonicalMap& text(const char* key, const Template& value);
  CanonicalMap& number(const char* key, const std::string& digits);
  CanonicalMap& number(const char* key, std::optional<std::int64_t> value);
  CanonicalMap& flag(const char* key, bool value);                   // false is left out
  CanonicalMap& choice(const char* key, std::optional<bool> value);  // false is written
  CanonicalMap& list(const char* key, const std::vector<std::string>& items);
  CanonicalMap& list(const char* key, const std::vector<Template>& items);
  CanonicalMap& map(const char* key, const std::map<std::string, std::string>& items);
  CanonicalMap& map(const char* key, const std::map<std::string, Template>& items);
  CanonicalMap& set(const char* key, Yaml value);  // empty or not
  // A mapping or a list that is put together elsewhere; an empty one is left out.
  CanonicalMap& node(const char* key, Yaml value);
  CanonicalMap& node(const char* key, CanonicalMap value);

  [[nodiscard]] Yaml take() { return std::move(yaml_); }

 private:
  Yaml yaml_ = Yaml::mapping();
};

// A list with one mapping for each item.
template <class Items, class Function>
[[nodiscard]] Yaml canonical_list(const Items& items, Function&& function) {
  Yaml out = Yaml::sequence();
  for (const auto& item : items) out.items.push_back(function(item));
  return out;
}

}  // namespace hwcsync::compose
