#pragma once

#include "src/base/json.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace hwcsync::nix {

// A Nix expression of ours as a value: data that is escaped when printed, and a few fixed expressions. Each
// value also knows what it means (`meaning()`), as JSON, so that the printed text can be held against it.
class Value {
 public:
  // One step of an attribute path. Names of options are bare, names that a user chose are always quoted.
  struct Key {
    std::string name;
    enum class Form { bare, quoted, hole };
    Form form = Form::bare;
    std::string code;  // of a hole: `${code}`, which comes out as `name`
  };
  struct Binding;

  // A piece of a string that Nix fills in: `${code}`, which comes out as `meaning`.
  struct Hole {
    std::string code;
    std::string meaning;
  };
  struct String {
    std::vector<std::variant<std::string, Hole>> parts;
  };
  struct List {
    std::vector<Value> items;
  };
  struct Set {
    std::vector<Binding> bindings;
  };
  // Code of ours, never of a user, with what it evaluates to.
  struct Expression {
    std::string code;
    Json meaning;
  };
  // function argument ...; without a meaning of its own it means what its last argument means (lib.mkForce
  // and such).
  struct Call {
    std::string function;
    std::vector<Value> arguments;
    std::optional<Json> meaning;
  };
  using Node = std::variant<std::nullptr_t, bool, std::int64_t, String, List, Set, Expression, Call>;

  Value(std::nullptr_t) : node_(nullptr) {}
  Value(bool value) : node_(value) {}
  Value(int value) : node_(std::int64_t{value}) {}
  Value(std::int64_t value) : node_(value) {}
  Value(const char* text) : Value(std::string(text)) {}
  Value(std::string_view text) : Value(std::string(text)) {}
  Value(std::string text);
  Value(String value) : node_(std::move(value)) {}
  Value(List value) : node_(std::move(value)) {}
  Value(Set value);
  Value(Expression value) : node_(std::move(value)) {}
  Value(Call value) : node_(std::move(value)) {}

  [[nodiscard]] const Node& node() const noexcept { return node_; }
  [[nodiscard]] Json meaning() const;

 private:
  Node node_;
};

struct Value::Binding {
  std::vector<Key> path;
  Value value;
  std::string comment;  // a heading of ours, printed above
};

// "systemd.services" as bare keys; every part must be a bare name.
[[nodiscard]] std::vector<Value::Key> option_path(std::string_view dotted);

// Builds attribute sets: fixed option paths, optionally ending in a name that a user chose.
class SetBuilder {
 public:
  SetBuilder& put(std::string_view dotted, Value value);
  SetBuilder& put(std::string_view dotted, std::string_view name, Value value);  // dotted."name"
  SetBuilder& put(std::string_view dotted, std::string_view name, std::string_view rest, Value value);
  SetBuilder& user(std::string_view name, Value value);  // "name"
  // The next binding gets this heading.
  SetBuilder& heading(std::string text);
  SetBuilder& put_path(std::vector<Value::Key> path, Value value);
  // The same, left out when there is nothing in it.
  SetBuilder& put_if(std::string_view dotted, const Value::List& value);
  SetBuilder& put_if(std::string_view dotted, const Value::Set& value);
  SetBuilder& put_if(std::string_view dotted, const std::string& value);
  [[nodiscard]] Value::Set take() { return std::move(set_); }
  [[nodiscard]] bool empty() const noexcept { return set_.bindings.empty(); }

 private:
  Value::Set set_;
  std::string heading_;
};

// A list of strings.
[[nodiscard]] Value::List strings(const std::vector<std::string>& items);
[[nodiscard]] Value::List integers(const std::vector<std::int64_t>& items);
// lib.mkForce value
[[nodiscard]] Value force(Value value);

// Puts `value` at `path` into `target`; sets are merged, lists are joined (as the module system does),
// anything else must be equal or new.
void merge_meaning(Json& target, const Json& value);

}  // namespace hwcsync::nix
