#pragma once

#include "secrets/sops/node.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace hwcsync::secrets {

// One variable; the value is exactly what sops holds, without any reading of quotes.
struct DotenvEntry {
  std::string key;
  SecureBuffer value;
};

// Reads a dotenv file as sops does (stores/dotenv): no quoting at all, the first '=' splits, keys are not
// trimmed, a '#' in the first column makes a comment, and "\n" in a value stands for a newline. A key may
// stand twice. Throws SecretError (malformed) with the line's number, never its text.
[[nodiscard]] SopsNode read_dotenv(Bytes text, std::string_view verb);

// The inverse.
[[nodiscard]] SecureBuffer print_dotenv(const SopsNode& map);

// Throws SecretError for a key that the format cannot carry.
void check_dotenv_key(std::string_view key);

// The variables of such a map, copied; the comments left out.
[[nodiscard]] std::vector<DotenvEntry> dotenv_entries(const SopsNode& map);

}  // namespace hwcsync::secrets
