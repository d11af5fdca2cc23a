#include "gitops/compose/template.hpp"

#include "src/base/error.hpp"

namespace hwcsync::compose {
namespace {

std::string double_dollars(const std::string& text) {
  std::string out;
  for (const char c : text) {
    out += c;
    if (c == '$') out += '$';
  }
  return out;
}

}  // namespace

bool Template::tainted() const {
  for (const auto& part : parts) {
    if (std::holds_alternative<SecretPart>(part)) return true;
  }
  return false;
}

std::string Template::plain() const {
  std::string out;
  for (const auto& part : parts) {
    const auto* text = std::get_if<TextPart>(&part);
    if (text == nullptr) {
      throw Error("cannot use as plain text", compose_text(), "a part of it comes from a secret");
    }
    out += text->text;
  }
  return out;
}

std::string Template::compose_text() const {
  std::string out;
  for (const auto& part : parts) {
    if (const auto* secret = std::get_if<SecretPart>(&part)) {
      out += "${" + secret->variable + secret->suffix + '}';
    } else {
      out += double_dollars(std::get<TextPart>(part).text);
    }
  }
  return out;
}

Template Template::literal(std::string text) {
  Template out;
  if (!text.empty()) out.parts.emplace_back(TextPart{std::move(text)});
  return out;
}

}  // namespace hwcsync::compose
