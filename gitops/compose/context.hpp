#pragma once

#include "gitops/compose/interpolation.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace hwcsync::compose {

// What Compose files are read against. Plain facts; where they come from is the caller's business.
struct Context {
  // stack: of a repository, where mounted files are tracked and secrets declared. plain: files of a machine,
  // of which nothing else is known; the tree's root is then the machine's.
  enum class Setting { stack, plain };
  Setting setting = Setting::stack;
  std::string directory;  // of the project, in the tree: "stacks/immich"
  std::string
      project_name;  // wins over every other name; empty: COMPOSE_PROJECT_NAME, `name:`, the directory's
  std::vector<std::string> profiles;  // empty: COMPOSE_PROFILES
  Variables variables;                // declared ones and the names that the secret env file provides
  std::optional<std::vector<std::string>> env_files;  // in the tree; nothing: `.env` of the directory
  std::set<std::string> secret_files;                 // names that `secrets:` may grant
  std::map<std::string, std::string> secret_origins;  // variable -> the encrypted file that it is in
  std::set<std::string> ciphertexts;  // paths in the tree that must not be mounted as they are
  std::set<std::string> own_files;    // that hwcsync reads itself: no part of a mounted directory
  std::string assets_directory;  // where tracked files stand at run time: "/etc/hwcsync/stacks/immich/assets"
  std::string trees_directory;   // where tracked directories stand: "/etc/hwcsync/stacks/immich/trees"
  std::string secrets_directory;  // where secret files stand: "/run/user/1000/secrets/immich"
  std::string home;               // what "~" stands for
  enum class Builds { refused, allowed };
  Builds builds = Builds::refused;            // whether `build` makes images; a plain project only shows it
  std::map<std::string, std::string> labels;  // put on every service

  // Where a path that is meant from `from` stands in the tree; nothing when that is outside of it. Absolute
  // paths and "~" are places of the machine, which only a plain project's tree shows.
  [[nodiscard]] std::optional<std::string> place(const std::string& path, const std::string& from) const;
};

}  // namespace hwcsync::compose
