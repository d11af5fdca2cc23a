#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hwcsync::compose {

enum class Verdict { mapped, approximated, ignored, refused };

// What becomes of one key in one style, and why, or what to do instead. `words` is empty for most mapped
// keys.
struct StyleVerdict {
  Verdict verdict = Verdict::mapped;
  std::string_view words = {};
  bool operator==(const StyleVerdict&) const = default;
};

// One key of the Compose specification. `scope` is one of scopes().
struct KeyRow {
  std::string_view scope;
  std::string_view key;
  StyleVerdict provider;    // style compose
  StyleVerdict containers;  // style oci
};

// A mapping that the specification describes: how messages call it, and where it stands in a file.
struct KeyScope {
  std::string_view name;  // "service", "health check"
  std::string_view path;  // "services.*", "services.*.healthcheck"
};

// In the order of the documentation. The one table from which the readers know what to take, `explain` what
// to say, and docs/compose-support.md what to list.
[[nodiscard]] std::span<const KeyScope> scopes();
[[nodiscard]] std::span<const KeyRow> service_keys();    // of a service itself
[[nodiscard]] std::span<const KeyRow> nested_keys();     // of the mappings inside a service
[[nodiscard]] std::span<const KeyRow> top_level_keys();  // of the file, networks, volumes, secrets, configs

// nullptr for a key that the specification does not know.
[[nodiscard]] const KeyRow* find_key(std::string_view scope, std::string_view key);
[[nodiscard]] std::vector<std::string> keys_of(std::string_view scope);
[[nodiscard]] std::string_view to_string(Verdict verdict);

}  // namespace hwcsync::compose
