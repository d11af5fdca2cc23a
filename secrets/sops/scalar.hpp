#pragma once

#include "secrets/sops/node.hpp"

#include <optional>

namespace hwcsync::secrets {

// The canonical spelling of a typed value (sops ToBytes: what counts in the MAC); nullopt when it is no such
// value.
[[nodiscard]] std::optional<SecureBuffer> canonical_scalar(SecureBuffer plaintext, ScalarType type);

// What a plain YAML scalar means to the parser that sops uses (yaml.v3 resolve.go): null, or a scalar of its
// type in the canonical spelling. nullopt for numbers that sops cannot hold (above 64 bits, infinite).
[[nodiscard]] std::optional<SopsNode> resolve_plain(Bytes text);

// What a JSON number means to sops: an int64, else a double.
[[nodiscard]] std::optional<SopsNode> resolve_json_number(Bytes text);

// How a value of a type other than text is written in JSON and YAML: true, 1.5, 1e+30; a canonical float has
// no exponent however long it gets. Text is given back as it is.
[[nodiscard]] SecureBuffer spell_scalar(const SopsNode& node);

// One code point, for the readers' escapes.
void append_utf8(SecureBuffer& out, std::uint32_t c);

}  // namespace hwcsync::secrets
