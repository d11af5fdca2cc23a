#pragma once

#include "secrets/sops/node.hpp"

namespace hwcsync::secrets {

// The three write into the arena because what they write may be plaintext.

// Block style, four columns a level, comments on lines of their own; several documents are parted by "---".
[[nodiscard]] SecureBuffer print_yaml(const std::vector<SopsNode>& documents);

// As sops indents it, with a newline at the end. Comments are left out.
[[nodiscard]] SecureBuffer print_json(const SopsNode& node);

// On one line.
[[nodiscard]] SecureBuffer print_compact_json(const SopsNode& node);

// Sections of keys, for the map of maps that read_ini() gives.
[[nodiscard]] SecureBuffer print_ini(const SopsNode& node);

}  // namespace hwcsync::secrets
