#pragma once

#include "gitops/compose/interpolation.hpp"
#include "gitops/compose/model.hpp"
#include "src/base/tree.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace hwcsync::compose {

// What a Compose file is read against. Plain facts; where they come from is the caller's business.
struct Context {
  std::string directory;     // of the stack, in the tree: "stacks/immich"
  std::string project_name;  // wins over `name:` in the file; empty: `name:`, else the directory's name
  std::vector<std::string> profiles;
  Variables variables;                 // declared ones and the names that the secret env file provides
  std::set<std::string> secret_files;  // names that `secrets:` may grant
  std::set<std::string> ciphertexts;   // paths in the tree that must not be mounted as they are
  std::string assets_directory;  // where tracked files stand at run time: "/etc/hwcsync/stacks/immich/assets"
  std::string secrets_directory;              // where secret files stand: "/run/user/1000/secrets/immich"
  std::map<std::string, std::string> labels;  // put on every service
};

// "stacks/immich/compose.yaml": the first of compose.yaml, compose.yml, docker-compose.yaml,
// docker-compose.yml. An override file beside it is a ConfigError in this version. Nothing when there is no
// Compose file.
[[nodiscard]] std::optional<std::string> find_compose_file(const Tree& tree, const std::string& directory);

// The content of a regular file; nothing for a symbolic link (whose bytes are its target) or where there is
// no file.
[[nodiscard]] std::optional<std::string> read_tracked_file(const Tree& tree, const std::string& path);

// The file as YAML, merge keys resolved; throws ConfigError.
[[nodiscard]] Yaml read_compose_document(const Tree& tree, const std::string& path);

// Resolves a Compose document: interpolation, short forms, profiles, defaults, canonical form. Throws
// ConfigError with every problem found; a key that this version does not read is one. Reads tracked files
// that services mount or name in `env_file`, and `.env`, from the tree. Deterministic.
[[nodiscard]] Project load_project(const Tree& tree, const Yaml& document, const Context& context);

}  // namespace hwcsync::compose
