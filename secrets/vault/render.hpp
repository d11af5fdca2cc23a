#pragma once

#include "secrets/vault/source.hpp"

#include <functional>
#include <optional>

namespace hwcsync::secrets {

// The plaintext of a source; throws Error when that source could not be decrypted.
using SourceLookup = std::function<const PlainSource&(const Source&)>;

// The bytes that the view shows for this file: its sources in the grammar of its consumer. Throws SecretError
// (malformed) naming the variable when it is missing or when the grammar cannot carry its value.
[[nodiscard]] SecureBuffer render(const SecretFile& file, const SourceLookup& sources);

// The value at a key path, or the whole plaintext without one; nullopt when there is none.
[[nodiscard]] std::optional<SecureBuffer> value_in(const PlainSource& source, const std::string& key);

}  // namespace hwcsync::secrets
