#include "gitops/nix/printer.hpp"

#include "gitops/nix/escape.hpp"
#include "src/base/error.hpp"

#include <set>

namespace hwcsync::nix {
namespace {

// RFC 166: two spaces, lines of at most 100 columns where a string does not force more.
constexpr std::size_t kWidth = 100;

std::string spaces(std::size_t count) {
  return std::string(count, ' ');
}

std::string print_path(const std::vector<Value::Key>& path) {
  std::string out;
  for (const auto& key : path) {
    if (!out.empty()) out += '.';
    switch (key.form) {
      case Value::Key::Form::bare:
        out += key.name;
        break;
      case Value::Key::Form::quoted:
        out += string_literal(key.name);
        break;
      case Value::Key::Form::hole:
        out += "${" + key.code + "}";
        break;
    }
  }
  return out;
}

std::size_t columns(const std::string& text) {
  std::size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0U) == 0x80U ? 0 : 1;
  return count;
}

class Printer {
 public:
  explicit Printer(std::size_t indent) : indent_(indent) {}

  std::string operator()(std::nullptr_t) const { return "null"; }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(std::int64_t value) const {
    // The smallest integer has no literal of its own: the minus is an operator in Nix.
    if (value == INT64_MIN) return "-9223372036854775807 - 1";
    return std::to_string(value);
  }
  std::string operator()(const Value::Expression& value) const { return value.code; }

  std::string operator()(const Value::String& value) const {
    std::string out = "\"";
    std::string text;
    for (const auto& part : value.parts) {
      if (const auto* plain = std::get_if<std::string>(&part)) {
        text += *plain;
        continue;
      }
      // A dollar right before a hole would escape it.
      if (!text.empty() && text.back() == '$') {
        out += string_body(text.substr(0, text.size() - 1)) + "\\$";
      } else {
        out += string_body(text);
      }
      text.clear();
      out += "${" + std::get<Value::Hole>(part).code + "}";
    }
    return out + string_body(text) + '"';
  }

  std::string operator()(const Value::List& value) const {
    if (value.items.empty()) return "[ ]";
    if (value.items.size() == 1) {
      const std::string only = argument(value.items.front(), indent_);
      if (only.find('\n') == std::string::npos) return "[ " + only + " ]";
    }
    std::string out = "[\n";
    for (const auto& item : value.items) {
      out += spaces(indent_ + 2) + argument(item, indent_ + 2) + "\n";
    }
    return out + spaces(indent_) + "]";
  }

  std::string operator()(const Value::Set& value) const {
    if (value.bindings.empty()) return "{ }";
    std::string out = "{\n";
    std::set<std::string> seen;
    for (const auto& [path, bound, comment] : value.bindings) {
      const std::string name = print_path(path);
      if (!seen.insert(name).second) throw Error("cannot write a Nix attribute set", name, "defined twice");
      if (!comment.empty()) out += (out == "{\n" ? "" : "\n") + spaces(indent_ + 2) + "# " + comment + "\n";
      out += binding(name, bound, indent_ + 2);
    }
    return out + spaces(indent_) + "}";
  }

  std::string operator()(const Value::Call& value) const {
    std::string out = value.function;
    for (const auto& item : value.arguments) out += " " + argument(item, indent_);
    return out;
  }

  // `name = value;` with its newline; a value too long for the line goes below it.
  static std::string binding(const std::string& name, const Value& value, std::size_t indent) {
    const std::string text = print(value, indent);
    std::string line = spaces(indent) + name + " = " + text + ";";
    if (text.find('\n') == std::string::npos && columns(line) > kWidth) {
      line = spaces(indent) + name + " =\n" + spaces(indent + 2) + print(value, indent + 2) + ";";
    }
    return line + "\n";
  }

 private:
  // In a list or as an argument: calls, negative numbers and compound expressions need parentheses.
  static std::string argument(const Value& value, std::size_t indent) {
    const std::string text = print(value, indent);
    const auto& node = value.node();
    const auto* number = std::get_if<std::int64_t>(&node);
    const auto* expression = std::get_if<Value::Expression>(&node);
    const bool compound = std::holds_alternative<Value::Call>(node) || (number != nullptr && *number < 0) ||
                          (expression != nullptr && expression->code.find(' ') != std::string::npos &&
                           expression->code.front() != '(');
    return compound ? "(" + text + ")" : text;
  }

  std::size_t indent_;
};

std::string print_formals(const std::vector<std::string>& formals) {
  // As nixfmt does: four and more names (the ellipsis counts) stand one below the other.
  if (formals.empty()) return "{ ... }:\n\n";
  std::string out;
  if (formals.size() >= 3) {
    out = "{\n";
    for (const auto& name : formals) out += "  " + name + ",\n";
    return out + "  ...\n}:\n\n";
  }
  for (const auto& name : formals) out += (out.empty() ? "{ " : ", ") + name;
  return out + ", ... }:\n\n";
}

}  // namespace

std::string print(const Value& value, std::size_t indent) {
  return std::visit(Printer(indent), value.node());
}

std::string print(const Module& module) {
  std::string out = print_formals(module.formals);
  if (!module.let.empty()) {
    out += "let\n";
    for (const auto& [name, value] : module.let) out += Printer::binding(name, value, 2);
    out += "in\n";
  }
  return out + print(module.body, 0) + "\n";
}

}  // namespace hwcsync::nix
