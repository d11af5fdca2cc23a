#pragma once

#include "secrets/vault/render.hpp"

namespace hwcsync::secrets {

// The text of a template with its values filled in, all in the arena. Throws Error naming the place in the
// template and the secret: for a source that failed, a value that is not there, and one that the filter
// cannot carry.
[[nodiscard]] SecureBuffer render_template(const TextTemplate& text, const SourceLookup& sources);

}  // namespace hwcsync::secrets
