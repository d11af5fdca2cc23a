#pragma once

#include <string>
#include <string_view>

namespace hwcsync::nix {

// Text as a Nix string literal "...". The only way by which data gets into a generated file: backslash,
// quote, `${` and the control characters that Nix knows are escaped, all else stands as its UTF-8 bytes. NUL
// and invalid UTF-8 cannot be said in Nix and throw Error. Source: Nix lexer; the indented form ''..'' is not
// used for data because a quote before `''$` brings the dollar back to life.
[[nodiscard]] std::string string_literal(std::string_view text);

// The inside of string_literal, without the quotes.
[[nodiscard]] std::string string_body(std::string_view text);

// Whether this may stand bare as an attribute name: an identifier that is no keyword.
[[nodiscard]] bool is_bare_name(std::string_view name);

}  // namespace hwcsync::nix
