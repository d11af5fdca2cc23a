#pragma once

#include "gitops/compose/context.hpp"
#include "gitops/compose/files.hpp"
#include "gitops/compose/model.hpp"

#include <vector>

namespace hwcsync::compose {

// Resolves Compose files, the later ones over the earlier: include, extends, merge, interpolation, short
// forms, profiles, defaults, canonical form. Throws ConfigError with every problem found; a key that this
// version does not read is one. Reads tracked files that the project names, and `.env`, from the tree.
// Deterministic.
[[nodiscard]] Project load_project(const Tree& tree, std::vector<ComposeFile> files, const Context& context);

// The same for a single document that is read already.
[[nodiscard]] Project load_project(const Tree& tree, const Yaml& document, const Context& context);

}  // namespace hwcsync::compose
