#pragma once

#include "gitops/compose/context.hpp"
#include "gitops/compose/files.hpp"

#include <map>
#include <string>
#include <vector>

namespace hwcsync::compose {

// The files of a project as one document, with everything settled that takes several files or variables.
struct Expanded {
  // No `include`, `extends`, `!reset` or `!override` is left. Every scalar is Compose text: variables are
  // filled in, a literal dollar sign is doubled, and only what a secret provides is still ${NAME}. Relative
  // paths are meant from the project's directory. Each value knows the file that it came from.
  Yaml document;
  Variables variables;  // declared ones, those of `.env`, and COMPOSE_PROJECT_NAME
  std::string project_name;
  std::vector<std::string> profiles;
  std::map<std::string, Location> unset;     // variables that are neither set nor have a default
  std::map<std::string, Location> shadowed;  // variables of an env file that a secret provides, and so wins
};

// Interpolates each file with its own variables, brings in what it includes and extends, and merges the files
// in order (compose-spec: 13-merge, 14-include, 05-services/extends). Throws ConfigError with every problem.
// Deterministic; reads the tree and nothing else.
[[nodiscard]] Expanded expand(const Tree& tree, std::vector<ComposeFile> files, const Context& context);

}  // namespace hwcsync::compose
