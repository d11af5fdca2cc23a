#pragma once

#include "secrets/manifest/manifest.hpp"

namespace hwcsync::secrets {

// What types alone do not say: safe paths, real object ids, keys that fit the grammar, no path twice. Throws
// Error.
void validate(const Manifest& manifest);

}  // namespace hwcsync::secrets
