#pragma once

#include "secrets/vault/source.hpp"

namespace hwcsync::secrets {

// The bytes that the view shows for this file: the source in the grammar of its consumer. Throws SecretError
// (malformed) naming the variable when it is missing or when the grammar cannot carry its value.
[[nodiscard]] SecureBuffer render(const SecretFile& file, const PlainSource& source);

}  // namespace hwcsync::secrets
