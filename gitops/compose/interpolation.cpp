#include "gitops/compose/interpolation.hpp"

#include <algorithm>

namespace hwcsync::compose {
namespace {

bool starts_name(char c) {
  return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool continues_name(char c) {
  return starts_name(c) || (c >= '0' && c <= '9');
}

std::size_t name_length(std::string_view text) {
  if (text.empty() || !starts_name(text.front())) return 0;
  std::size_t length = 1;
  while (length < text.size() && continues_name(text[length])) ++length;
  return length;
}

// Where the brace at `open` closes; every brace counts, as Compose counts them.
std::optional<std::size_t> closing_brace(std::string_view text, std::size_t open) {
  int depth = 0;
  for (std::size_t i = open; i < text.size(); ++i) {
    if (text[i] == '{') ++depth;
    if (text[i] == '}' && --depth == 0) return i;
  }
  return std::nullopt;
}

bool balanced(std::string_view text) {
  int depth = 0;
  for (const char c : text) {
    if (c == '{') ++depth;
    if (c == '}' && --depth < 0) return false;
  }
  return depth == 0;
}

struct Operation {
  std::string name;
  std::string_view symbol;  // empty, ":-", "-", ":?", "?", ":+", "+"
  std::string_view operand;
};

// What stands between the braces; nothing when it is no valid expression.
std::optional<Operation> parse_operation(std::string_view inside) {
  Operation out;
  const std::size_t length = name_length(inside);
  if (length == 0) return std::nullopt;
  out.name = std::string(inside.substr(0, length));
  const std::string_view rest = inside.substr(length);
  if (rest.empty()) return out;
  const std::size_t width = rest.front() == ':' ? 2 : 1;
  if (rest.size() < width) return std::nullopt;
  const char kind = rest[width - 1];
  if (kind != '-' && kind != '?' && kind != '+') return std::nullopt;
  out.symbol = rest.substr(0, width);
  out.operand = rest.substr(width);
  return out;
}

class Interpolator {
 public:
  explicit Interpolator(const Variables& variables) : variables_(variables) {}

  Interpolated run(std::string_view text) {
    out_.value = walk(text, 0);
    if (out_.error) out_.value = {};
    return std::move(out_);
  }

 private:
  static void append(Template& to, std::string_view text) {
    if (text.empty()) return;
    if (!to.parts.empty()) {
      if (auto* last = std::get_if<TextPart>(&to.parts.back())) {
        last->text += text;
        return;
      }
    }
    to.parts.emplace_back(TextPart{std::string(text)});
  }

  static void append(Template& to, const Template& more) {
    for (const auto& part : more.parts) {
      if (const auto* text = std::get_if<TextPart>(&part)) {
        append(to, text->text);
      } else {
        to.parts.push_back(part);
      }
    }
  }

  void fail(std::string message) {
    if (!out_.error) out_.error = std::move(message);
  }

  Template walk(std::string_view text, int depth) {
    Template out;
    if (depth > 50) {
      fail("the expression is nested more than 50 levels deep");
      return out;
    }
    for (std::size_t i = 0; i < text.size() && !out_.error;) {
      const std::size_t dollar = std::min(text.find('$', i), text.size());
      append(out, text.substr(i, dollar - i));
      i = dollar;
      if (i == text.size()) break;
      const std::string_view rest = text.substr(i + 1);
      if (!rest.empty() && rest.front() == '$') {
        append(out, "$");
        i += 2;
      } else if (!rest.empty() && rest.front() == '{') {
        const auto end = closing_brace(text, i + 1);
        const auto operation =
            end ? parse_operation(text.substr(i + 2, *end - i - 2)) : std::optional<Operation>();
        if (!operation) {
          fail("invalid template '" + std::string(text.substr(i, end ? *end - i + 1 : text.size())) +
               "'; write $$ for a literal dollar sign");
          return out;
        }
        append(out, evaluate(*operation, depth));
        i = *end + 1;
      } else if (const std::size_t length = name_length(rest); length > 0) {
        append(out, evaluate({std::string(rest.substr(0, length)), {}, {}}, depth));
        i += 1 + length;
      } else {
        append(out, "$");
        ++i;
      }
    }
    return out;
  }

  Template evaluate(const Operation& operation, int depth) {
    if (variables_.is_secret(operation.name)) return evaluate_secret(operation, depth);
    const auto found = variables_.values.find(operation.name);
    const bool set = found != variables_.values.end();
    const bool strict =
        !operation.symbol.empty() && operation.symbol.front() == ':';  // an empty value is none
    const bool present = set && !(strict && found->second.empty());
    const char kind = operation.symbol.empty() ? ' ' : operation.symbol.back();
    if (kind == '+') return present ? walk(operation.operand, depth + 1) : Template{};
    if (present) return Template::literal(found->second);
    if (kind == '-') return walk(operation.operand, depth + 1);
    if (kind == '?') {
      const Template message = walk(operation.operand, depth + 1);
      const std::string text = message.tainted() ? message.compose_text() : message.plain();
      fail("required variable " + operation.name + " is missing a value" + (text.empty() ? "" : ": " + text));
      return {};
    }
    if (!set) out_.unset.push_back(operation.name);
    return {};
  }

  // The provider fills it in later, and it knows no other variables: those in the operand are filled in now.
  Template evaluate_secret(const Operation& operation, int depth) {
    out_.secrets.insert(operation.name);
    SecretPart part{operation.name, std::string(operation.symbol)};
    const std::string operand = walk(operation.operand, depth + 1).compose_text();
    if (!balanced(operand)) {
      fail("the operand of ${" + operation.name + std::string(operation.symbol) +
           "...} holds a brace without its partner");
      return {};
    }
    part.suffix += operand;
    Template out;
    out.parts.emplace_back(std::move(part));
    return out;
  }

  const Variables& variables_;
  Interpolated out_;
};

}  // namespace

bool Variables::is_secret(const std::string& name) const {
  if (secrets.count(name) > 0) return true;
  return secret_names == SecretNames::hidden && values.count(name) == 0;
}

Interpolated interpolate(std::string_view text, const Variables& variables) {
  return Interpolator(variables).run(text);
}

bool is_variable_name(std::string_view name) {
  return !name.empty() && name_length(name) == name.size();
}

}  // namespace hwcsync::compose
