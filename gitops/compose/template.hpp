#pragma once

#include <string>
#include <variant>
#include <vector>

// Text with "taint": a value that comes from a secret is not filled in, it stays a template of text and
// variables.
namespace hwcsync::compose {

// One piece of a tainted value: literal text, or the name of a variable that a secret provides.
struct TextPart {
  std::string text;
  bool operator==(const TextPart&) const = default;
};
struct SecretPart {
  std::string variable;
  // The operator and operand as Compose writes them (":-x", ":?message"), empty for none.
  std::string suffix;
  bool operator==(const SecretPart&) const = default;
};

// Text of which some pieces may come from secrets.
struct Template {
  std::vector<std::variant<TextPart, SecretPart>> parts;

  [[nodiscard]] bool tainted() const;
  // The text; only for values that are not tainted.
  [[nodiscard]] std::string plain() const;
  // As a Compose file says it: literal `$` doubled, secrets as ${NAME}.
  [[nodiscard]] std::string compose_text() const;
  [[nodiscard]] static Template literal(std::string text);
  bool operator==(const Template&) const = default;
};

}  // namespace hwcsync::compose
