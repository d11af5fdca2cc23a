#pragma once

#include "secrets/arena/secure_buffer.hpp"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace hwcsync::secrets {

// One recipient's part of an age header: `-> TYPE ARGUMENT...` and its body. Public.
struct Stanza {
  std::string type;
  std::vector<std::string> arguments;
  std::vector<std::uint8_t> body;
};

// An age header (C2SP age.md, "header"), checked for its grammar, not for its MAC.
struct Header {
  std::vector<Stanza> stanzas;
  std::array<std::uint8_t, 32> mac{};
  Bytes authenticated;   // what the MAC is over: up to and including "---"; lies in the file
  std::size_t size = 0;  // the payload begins here
};

// Strict: LF only, canonical base64, single spaces, at most 1 MiB and 4096 stanzas. Throws SecretError
// (header_failure). The result refers to `file`.
[[nodiscard]] Header parse_header(Bytes file);

// The bytes that the MAC is over, from "age-encryption.org/v1" to "---".
[[nodiscard]] std::string format_header(const std::vector<Stanza>& stanzas);

[[noreturn]] void throw_header_failure(std::string_view why);

// A binary argument or a body of exactly `size` bytes; anything else is a header failure that names `what`.
[[nodiscard]] std::vector<std::uint8_t> decode_argument(std::string_view text, std::size_t size,
                                                        std::string_view what);

}  // namespace hwcsync::secrets
