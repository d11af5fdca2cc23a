#pragma once

#include "src/base/json.hpp"
#include "src/base/yaml.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// Strict reading of configuration files from one table a struct. The same table gives the JSON Schema, so
// that what an editor checks and what the program accepts cannot drift apart.
//
//   struct Probe { std::string http; std::optional<int> port; };
//   template <> struct hwcsync::Schema<Probe> : StructSchema<Probe> {
//     static std::span<const Row<Probe>> rows();     // { row("http", &Probe::http, "URL that must answer"),
//     ... }
//   };
namespace hwcsync {

// Collects what is wrong in a file; nothing stops at the first problem.
class Problems {
 public:
  void add(const Yaml& where, std::string message) { list_.push_back({where.where(), std::move(message)}); }
  void add(Location where, std::string message) { list_.push_back({std::move(where), std::move(message)}); }
  [[nodiscard]] bool empty() const noexcept { return list_.empty(); }
  [[nodiscard]] const std::vector<Problem>& list() const noexcept { return list_; }
  // Throws ConfigError when there is any.
  void throw_if_any(ConfigKind kind) const;

 private:
  std::vector<Problem> list_;
};

// How a value of type T is read from YAML and described in JSON Schema.
template <class T>
struct Schema;

// One key of a mapping that is read into a T. "Wrong file" rows exist so that a known key of another file
// gets a better message than "unknown".
template <class T>
struct Row {
  std::string key;
  std::string doc;
  void (*read)(const Row<T>& row, const Yaml& value, T& out, Problems& problems) = nullptr;
  Json (*schema)() = nullptr;
  bool required = false;
};

template <class T>
using Rows = std::vector<Row<T>>;

namespace schema {
// "unknown key 'x'; did you mean 'y'?" for one entry of a mapping.
void unknown_key(const Yaml& mapping, const Yaml::Entry& entry, std::span<const std::string> known,
                 Problems& problems);
// False, with a problem, unless the value is a mapping (null counts as an empty one).
bool expect_mapping(const Yaml& value, Problems& problems);
Json object_schema(const std::vector<std::pair<std::string, Json>>& properties,
                   const std::vector<std::string>& required);
}  // namespace schema

namespace detail {
template <auto Member, class T, class M>
void read_member(const Row<T>& /*row*/, const Yaml& value, T& out, Problems& problems) {
  Schema<M>::read(value, out.*Member, problems);
}
template <class C, class M>
C class_of(M C::*);
template <class C, class M>
M member_of(M C::*);
}  // namespace detail

// A row for a member: row<&Probe::http>("http", "URL that must answer").
template <auto Member>
auto row(std::string key, std::string doc) {
  using T = decltype(detail::class_of(Member));
  using M = decltype(detail::member_of(Member));
  return Row<T>{std::move(key), std::move(doc), &detail::read_member<Member, T, M>, &Schema<M>::json, false};
}
template <auto Member>
auto required_row(std::string key, std::string doc) {
  auto out = row<Member>(std::move(key), std::move(doc));
  out.required = true;
  return out;
}

// Base of Schema<T> for a struct: derive and give `static const Rows<T>& rows()`.
template <class T>
struct StructSchema {
  static void read(const Yaml& value, T& out, Problems& problems) {
    if (!schema::expect_mapping(value, problems)) return;
    const Rows<T>& table = Schema<T>::rows();
    for (const Yaml::Entry& entry : value.entries) {
      const Row<T>* match = nullptr;
      for (const Row<T>& candidate : table) {
        if (candidate.key == entry.key) match = &candidate;
      }
      if (match == nullptr) {
        std::vector<std::string> known;
        for (const Row<T>& candidate : table) known.push_back(candidate.key);
        schema::unknown_key(value, entry, known, problems);
      } else {
        match->read(*match, entry.value, out, problems);
      }
    }
    for (const Row<T>& candidate : table) {
      if (candidate.required && value.find(candidate.key) == nullptr) {
        problems.add(value, "key '" + candidate.key + "' is missing here");
      }
    }
  }
  static Json json() {
    std::vector<std::pair<std::string, Json>> properties;
    std::vector<std::string> required;
    for (const Row<T>& row : Schema<T>::rows()) {
      Json property = row.schema();
      property["description"] = row.doc;
      properties.emplace_back(row.key, std::move(property));
      if (row.required) required.push_back(row.key);
    }
    return schema::object_schema(properties, required);
  }
};

template <>
struct Schema<std::string> {  // text; numbers are taken as written, null is refused
  static void read(const Yaml& value, std::string& out, Problems& problems);
  static Json json();
};
template <>
struct Schema<bool> {  // true or false, unquoted
  static void read(const Yaml& value, bool& out, Problems& problems);
  static Json json();
};
template <>
struct Schema<std::int64_t> {  // decimal, unquoted, no leading zero
  static void read(const Yaml& value, std::int64_t& out, Problems& problems);
  static Json json();
};
template <>
struct Schema<Yaml> {  // anything, kept as it is
  static void read(const Yaml& value, Yaml& out, Problems& problems);
  static Json json();
};

template <class T>
struct Schema<std::optional<T>> {
  static void read(const Yaml& value, std::optional<T>& out, Problems& problems) {
    T inner{};
    Schema<T>::read(value, inner, problems);
    out = std::move(inner);
  }
  static Json json() { return Schema<T>::json(); }
};

template <class T>
struct Schema<std::vector<T>> {
  static void read(const Yaml& value, std::vector<T>& out, Problems& problems) {
    if (value.is_null()) return;
    if (!value.is_sequence()) {
      problems.add(value, "expected a list, found " + std::string(value.kind_name()));
      return;
    }
    for (const Yaml& item : value.items) {
      T inner{};
      Schema<T>::read(item, inner, problems);
      out.push_back(std::move(inner));
    }
  }
  static Json json() { return Json{{"type", "array"}, {"items", Schema<T>::json()}}; }
};

template <class T>
struct Schema<std::map<std::string, T>> {
  static void read(const Yaml& value, std::map<std::string, T>& out, Problems& problems) {
    if (!schema::expect_mapping(value, problems)) return;
    for (const Yaml::Entry& entry : value.entries) {
      T inner{};
      Schema<T>::read(entry.value, inner, problems);
      out.emplace(entry.key, std::move(inner));
    }
  }
  static Json json() { return Json{{"type", "object"}, {"additionalProperties", Schema<T>::json()}}; }
};

// Base of Schema<E> for an enum: derive and give `static std::vector<std::pair<std::string, E>> words()`.
template <class E>
struct EnumSchema {
  static void read(const Yaml& value, E& out, Problems& problems) {
    std::vector<std::string> names;
    for (const auto& [name, constant] : Schema<E>::words()) {
      if (value.is_scalar() && value.text == name) {
        out = constant;
        return;
      }
      names.push_back(name);
    }
    std::string list;
    for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
    problems.add(value, "expected one of " + list + ", found " +
                            (value.is_scalar() ? "'" + value.text + "'" : std::string(value.kind_name())));
  }
  static Json json() {
    Json list = Json::array();
    for (const auto& [name, constant] : Schema<E>::words()) list.push_back(name);
    return Json{{"enum", list}};
  }
};

// Reads a whole document into a T; throws ConfigError with every problem found.
template <class T>
[[nodiscard]] T read_config(const Yaml& document, ConfigKind kind) {
  T out{};
  Problems problems;
  Schema<T>::read(document, out, problems);
  problems.throw_if_any(kind);
  return out;
}

}  // namespace hwcsync
