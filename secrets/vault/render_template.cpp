#include "secrets/vault/render_template.hpp"

#include "secrets/arena/secret_error.hpp"
#include "secrets/sops/printer.hpp"
#include "secrets/vault/compose_value.hpp"
#include "src/base/text.hpp"

#include <utility>

namespace hwcsync::secrets {
namespace {

[[noreturn]] void reject(const std::string& why) {
  throw SecretError(SecretFailure::malformed, ErrorText{"cannot fill in", "a template", {}, {}}, why);
}

SecureBuffer trimmed(const SecureBuffer& value) {
  const auto is_blank = [](std::uint8_t c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  Bytes rest = value.bytes();
  while (!rest.empty() && is_blank(rest.front())) rest = rest.subspan(1);
  while (!rest.empty() && is_blank(rest.back())) rest = rest.first(rest.size() - 1);
  return SecureBuffer(rest);
}

SecureBuffer filtered(TemplateFilter filter, SecureBuffer value) {
  switch (filter) {
    case TemplateFilter::env: {
      if (holds(value.bytes(), '\0')) reject("the value holds a zero byte, which no environment can carry");
      SecureBuffer out;
      append_compose_value(out, value.bytes());
      return out;
    }
    case TemplateFilter::json:
      // A look at the bytes, no copy.
      if (!is_valid_utf8({reinterpret_cast<const char*>(value.data()), value.size()}))
        reject("the value is not UTF-8 text, which JSON cannot carry");
      return print_compact_json(SopsNode::scalar(std::move(value)));
    case TemplateFilter::trim:
      break;
  }
  return trimmed(value);
}

SecureBuffer fill(const TemplatePart& part, const SourceLookup& sources) {
  auto value = value_in(sources(part.source), part.key);
  if (!value) reject("its source " + part.source.path + " has no value '" + part.key + "'");
  for (const TemplateFilter filter : part.filters) value = filtered(filter, std::move(*value));
  if (holds(value->bytes(), '\0')) reject("the value holds a zero byte, which text cannot carry");
  return std::move(*value);
}

}  // namespace

SecureBuffer render_template(const TextTemplate& text, const SourceLookup& sources) {
  SecureBuffer out;
  for (const TemplatePart& part : text.parts) {
    if (part.secret.empty()) {
      out.append(as_bytes(part.text));
      continue;
    }
    try {
      out.append(fill(part, sources).bytes());
    } catch (const SystemError&) {
      throw;  // of our memory, not of the template
    } catch (const Error& error) {
      const Location where{text.path, part.line, part.column};
      throw Error({where.to_string() + ":", "'" + part.secret + "'", error.text().reason, error.text().hint});
    }
  }
  return out;
}

}  // namespace hwcsync::secrets
