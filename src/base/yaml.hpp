#pragma once

#include "src/base/error.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hwcsync {

// A YAML value that knows where it stood. Anchors are expanded and merge keys (`<<`) are resolved; scalars
// keep their source text, so nothing is guessed about their type before a reader asks for one.
struct Yaml {
  enum class Kind { null, scalar, sequence, mapping };
  struct Entry;

  Kind kind = Kind::null;
  std::string text;  // of a scalar
  std::string tag;   // explicit tag ("!reset"), empty otherwise
  enum class Style { plain, quoted };
  Style style = Style::plain;
  std::vector<Yaml> items;     // of a sequence
  std::vector<Entry> entries;  // of a mapping, in the order of the file, keys unique
  std::shared_ptr<const std::string> file;
  int line = 0;
  int column = 0;

  [[nodiscard]] bool is_null() const noexcept { return kind == Kind::null; }
  [[nodiscard]] bool is_scalar() const noexcept { return kind == Kind::scalar; }
  [[nodiscard]] bool is_sequence() const noexcept { return kind == Kind::sequence; }
  [[nodiscard]] bool is_mapping() const noexcept { return kind == Kind::mapping; }
  [[nodiscard]] Location where() const;
  // The value under `key` of a mapping; nullptr when absent or when this is no mapping.
  [[nodiscard]] const Yaml* find(std::string_view key) const noexcept;
  [[nodiscard]] Yaml* find(std::string_view key) noexcept;
  // Replaces or appends.
  void set(std::string_view key, Yaml value);
  void erase(std::string_view key);
  // "a mapping", "a list", "text", "nothing": for messages.
  [[nodiscard]] std::string_view kind_name() const noexcept;

  [[nodiscard]] static Yaml scalar(std::string text);
  [[nodiscard]] static Yaml mapping();
  [[nodiscard]] static Yaml sequence();
};

struct Yaml::Entry {
  std::string key;
  int line = 0;
  int column = 0;
  Yaml value;
};

// Reads exactly one document. Refused with line and column: syntax errors, a second document, duplicate keys,
// keys that are not scalars, an alias inside its own anchor, more than 100,000 nodes after expansion, files
// over 1 MiB. `file` is the name for messages; `kind` says whose file it is.
[[nodiscard]] Yaml parse_yaml(std::string_view text, const std::string& file,
                              ConfigKind kind = ConfigKind::repository);

// The same for a file that may hold several documents, in their order; the limits are the whole file's. At
// least one.
[[nodiscard]] std::vector<Yaml> parse_yaml_documents(std::string_view text, const std::string& file,
                                                     ConfigKind kind = ConfigKind::repository);

// Block-style YAML with every scalar that could be misread in double quotes; deterministic.
[[nodiscard]] std::string write_yaml(const Yaml& value);

}  // namespace hwcsync
