#include "secrets/vault/compose_value.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>

namespace hwcsync::secrets {
namespace {

// Means the same bare in every dotenv dialect.
bool is_plain_character(std::uint8_t c) {
  return (std::isalnum(c) != 0 && c < 128) ||
         std::string_view("_./:@%+,=-").find(static_cast<char>(c)) != std::string_view::npos;
}

// Compose's single quotes carry all but a quote, a backslash before the end, and line ends as they are.
bool fits_single_quotes(Bytes value) {
  return !holds(value, '\'') && !holds(value, '\\') && !holds(value, '\n') && !holds(value, '\r');
}

void append_double_quoted(SecureBuffer& out, Bytes value) {
  out.append('"');
  for (const std::uint8_t c : value) {
    if (c == '\n' || c == '\r') {
      out.append(as_bytes(c == '\n' ? "\\n" : "\\r"));
      continue;
    }
    if (c == '\\' || c == '"' || c == '$') out.append('\\');
    out.append(c);
  }
  out.append('"');
}

}  // namespace

bool holds(Bytes value, char c) noexcept {
  return std::ranges::find(value, static_cast<std::uint8_t>(c)) != value.end();
}

void append_compose_value(SecureBuffer& out, Bytes value) {
  if (!value.empty() && std::ranges::all_of(value, is_plain_character)) {
    out.append(value);
  } else if (fits_single_quotes(value)) {
    out.append('\'');
    out.append(value);
    out.append('\'');
  } else {
    append_double_quoted(out, value);
  }
}

}  // namespace hwcsync::secrets
