#pragma once

#include "gitops/compose/resources.hpp"
#include "gitops/compose/service.hpp"
#include "gitops/compose/tracked_directory.hpp"
#include "gitops/compose/verdicts.hpp"
#include "src/base/yaml.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

// The resolved Compose model: after merge, interpolation and the change to long forms.
namespace hwcsync::compose {

// Something that only one of the two styles cannot carry; the layout, which knows the style, turns it into an
// error.
struct Limit {
  enum class Of { provider, containers };  // style compose; style oci
  Of of = Of::containers;
  Problem problem;
  bool operator==(const Limit&) const = default;
};

// A key that a Compose file really has, with its row in the table of verdicts.
struct KeyUse {
  std::string path;  // "services.web.ports[0].mode"
  const KeyRow* row = nullptr;
  Location where;
};

struct Project {
  std::string name;
  std::map<std::string, Service> services;  // the enabled ones
  std::map<std::string, Network> networks;
  std::map<std::string, Volume> volumes;
  std::map<std::string, Config> configs;
  // Top-level secrets that are `external: true` or `file:` and are granted to some service: the names.
  std::set<std::string> secrets;
  // Top-level secrets that are the value of a variable (`environment:`): key -> variable.
  std::map<std::string, std::string> secret_environment;
  // Of a plain project: key -> the file of the machine, empty for an external one.
  std::map<std::string, std::string> machine_secrets;
  // The variables that secrets must provide, wherever they are used.
  std::set<std::string> secret_variables;
  // Variables that are neither set nor have a default: name and where, for a warning.
  std::map<std::string, Location> unset_variables;
  // Variables of `.env` that a secret provides too, whose value is used: name and where.
  std::map<std::string, Location> shadowed_variables;
  // Tracked files that services mount: path below the stack's directory -> content.
  std::map<std::string, std::string> assets;
  // Tracked directories that services mount, by name.
  std::map<std::string, TrackedDirectory> directories;
  // What images are built from: the service that says `build` -> the files of its context.
  std::map<std::string, TrackedDirectory> contexts;
  std::vector<Limit> limits;
  // Services that no active profile enables.
  std::set<std::string> disabled;
  // Files of the tree that were asked for while the project was read, there or not.
  std::set<std::string> files;
  std::vector<KeyUse> keys;  // in the order of reading
  // What was left out or understood in a particular way, for `explain`.
  std::vector<Problem> notes;
  // The whole model in canonical long form, secrets as ${NAME}: what style `compose` hands to the provider.
  Yaml canonical;

  // Whether anything of the service, or what it is granted, holds the value of a secret variable.
  [[nodiscard]] bool uses_secret_variables(const std::string& service) const;
  // Whether the service is granted a config or a secret that is such a value: docker-compose copies it into a
  // container that it makes (from 2.37.3 on also when it starts one), and does not compare it.
  [[nodiscard]] bool has_values_copied(const std::string& service) const;
};

}  // namespace hwcsync::compose
