#include "gitops/nix/value.hpp"

#include "gitops/nix/escape.hpp"
#include "src/base/error.hpp"
#include "src/base/text.hpp"

#include <utility>

namespace hwcsync::nix {

Value::Value(std::string text) : node_(String{{std::move(text)}}) {}
Value::Value(Set value) : node_(std::move(value)) {}

namespace {

Json meaning_of(std::nullptr_t) {
  return nullptr;
}
Json meaning_of(bool value) {
  return value;
}
Json meaning_of(std::int64_t value) {
  return value;
}
Json meaning_of(const Value::Expression& value) {
  return value.meaning;
}

Json meaning_of(const Value::String& value) {
  std::string out;
  for (const auto& part : value.parts) {
    if (const auto* text = std::get_if<std::string>(&part)) {
      out += *text;
    } else {
      out += std::get<Value::Hole>(part).meaning;
    }
  }
  return out;
}

Json meaning_of(const Value::List& value) {
  Json out = Json::array();
  for (const auto& item : value.items) out.push_back(item.meaning());
  return out;
}

Json meaning_of(const Value::Set& value) {
  Json out = Json::object();
  for (const auto& binding : value.bindings) {
    Json nested = binding.value.meaning();
    for (auto key = binding.path.rbegin(); key != binding.path.rend(); ++key) {
      nested = Json{{key->name, std::move(nested)}};
    }
    merge_meaning(out, nested);
  }
  return out;
}

Json meaning_of(const Value::Call& value) {
  return value.meaning ? *value.meaning : value.arguments.back().meaning();
}

}  // namespace

Json Value::meaning() const {
  return std::visit([](const auto& value) { return meaning_of(value); }, node_);
}

void merge_meaning(Json& target, const Json& value) {
  if (target.is_object() && value.is_object()) {
    for (const auto& [name, member] : value.items()) {
      const auto found = target.find(name);
      if (found == target.end()) {
        target[name] = member;
      } else {
        merge_meaning(*found, member);
      }
    }
  } else if (target.is_array() && value.is_array()) {
    target.insert(target.end(), value.begin(), value.end());
  } else if (target != value) {
    throw Error("cannot merge two definitions of one option", canonical_json(target), canonical_json(value));
  }
}

std::vector<Value::Key> option_path(std::string_view dotted) {
  std::vector<Value::Key> out;
  if (dotted.empty()) return out;
  for (auto& part : split(dotted, '.')) {
    if (!is_bare_name(part)) throw Error("cannot name an option", dotted, "not an identifier");
    out.push_back({.name = std::move(part), .form = Value::Key::Form::bare, .code = {}});
  }
  return out;
}

SetBuilder& SetBuilder::put(std::string_view dotted, Value value) {
  return put_path(option_path(dotted), std::move(value));
}

SetBuilder& SetBuilder::put_path(std::vector<Value::Key> path, Value value) {
  set_.bindings.push_back({std::move(path), std::move(value), std::exchange(heading_, {})});
  return *this;
}

SetBuilder& SetBuilder::heading(std::string text) {
  heading_ = std::move(text);
  return *this;
}

SetBuilder& SetBuilder::put(std::string_view dotted, std::string_view name, Value value) {
  auto path = option_path(dotted);
  path.push_back({.name = std::string(name), .form = Value::Key::Form::quoted, .code = {}});
  return put_path(std::move(path), std::move(value));
}

SetBuilder& SetBuilder::put(std::string_view dotted, std::string_view name, std::string_view rest,
                            Value value) {
  auto path = option_path(dotted);
  path.push_back({.name = std::string(name), .form = Value::Key::Form::quoted, .code = {}});
  for (auto& key : option_path(rest)) path.push_back(std::move(key));
  return put_path(std::move(path), std::move(value));
}

SetBuilder& SetBuilder::user(std::string_view name, Value value) {
  return put("", name, std::move(value));
}

SetBuilder& SetBuilder::put_if(std::string_view dotted, const Value::List& value) {
  return value.items.empty() ? *this : put(dotted, value);
}
SetBuilder& SetBuilder::put_if(std::string_view dotted, const Value::Set& value) {
  return value.bindings.empty() ? *this : put(dotted, value);
}
SetBuilder& SetBuilder::put_if(std::string_view dotted, const std::string& value) {
  return value.empty() ? *this : put(dotted, value);
}

Value::List strings(const std::vector<std::string>& items) {
  return {.items = std::vector<Value>(items.begin(), items.end())};
}
Value::List integers(const std::vector<std::int64_t>& items) {
  return {.items = std::vector<Value>(items.begin(), items.end())};
}

Value force(Value value) {
  return Value::Call{.function = "lib.mkForce", .arguments = {std::move(value)}, .meaning = {}};
}

}  // namespace hwcsync::nix
