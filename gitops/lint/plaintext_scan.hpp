#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hwcsync::lint {

// Something in a file that looks like a secret in clear. Never the value.
struct PlaintextHit {
  int line = 0;
  int column = 0;
  std::string what;  // "a private key", "the value of DB_PASSWORD"
};

// Private keys, tokens that carry their kind's prefix, passwords in URLs, and literal values of variables
// whose names say password, secret, token or key. What is a reference (${...}, a path), and everything below
// a directory that is called an example, does not count.
[[nodiscard]] std::vector<PlaintextHit> scan_plaintext(const std::string& path, std::string_view content);

}  // namespace hwcsync::lint
