#include "gitops/layout/secrets.hpp"

#include "gitops/compose/loader.hpp"
#include "secrets/arena/secret_error.hpp"
#include "secrets/vault/source.hpp"
#include "src/base/text.hpp"

#include <algorithm>

namespace hwcsync::layout {
namespace {

// Names that `key` may take, for a message; problems of the file itself are told at `where`.
std::vector<std::string> variable_names(secrets::SourceFormat format, const std::string& content,
                                        const std::string& path, const Location& where, Problems& problems) {
  const auto store = secrets::store_of(format);
  if (!store || *store == secrets::SopsStore::binary) return {};
  try {
    return secrets::list_sops_paths(*store, content);
  } catch (const secrets::SecretError& error) {
    problems.add(where, "the secret file '" + path + "' cannot be read: " + error.text().reason);
    return {};
  }
}

// Where the source is; the paths that were tried when it is nowhere.
struct Found {
  std::optional<std::string> path;
  std::vector<std::string> tried;
};

Found look_up(const Tree& tree, const std::string& source, const std::string& directory,
              const std::string& secrets) {
  Found out;
  for (const std::string& base : {directory, secrets}) {
    const auto path = join_path(base, source);
    if (!path) continue;
    if (compose::read_tracked_file(tree, *path)) {
      out.path = path;
      return out;
    }
    out.tried.push_back(*path);
  }
  return out;
}

void check_kind(const Secret& secret, const Location& where, Problems& problems) {
  const bool one_value = secret.format == "sops-binary";
  if (secret.name == "env" && (one_value || secret.format == "sops-ini")) {
    problems.add(where, "the secret file '" + secret.source + "' of 'env' is a " +
                            (one_value ? "sops binary" : "sops INI") +
                            " file; an env file must be sops dotenv, yaml or json, or age");
  }
  if (secret.key.empty()) return;
  if (one_value) {
    problems.add(where,
                 "the secret file '" + secret.source + "' is one value and has no key '" + secret.key + "'");
  } else if (secret.format != "age" && std::find(secret.variables.begin(), secret.variables.end(),
                                                 secret.key) == secret.variables.end()) {
    problems.add(where, "the secret file '" + secret.source + "' has no key '" + secret.key + "'" +
                            suggestion(secret.key, secret.variables));
  }
}

}  // namespace

std::vector<Secret> find_secrets(const Tree& tree, const stack::RepositoryConfig& repository,
                                 const std::string& directory, const stack::StackConfig& config,
                                 Problems& problems) {
  std::vector<Secret> out;
  for (const auto& [name, declared] : config.secrets) {
    const Found found = look_up(tree, declared.source, directory, repository.secrets);
    if (!found.path) {
      std::string why = "is not there; looked for " +
                        (found.tried.empty() ? "it outside of the repository" : join(found.tried, " and "));
      for (const std::string& path : found.tried) {
        if (const auto link = symlink_on(tree, path)) why = "cannot be read: " + symlink_fault(*link);
      }
      problems.add(declared.where, "the secret file '" + declared.source + "' of '" + name + "' " + why);
      continue;
    }
    const std::string content = tree.read(*found.path).value_or("");
    const auto format = secrets::detect_source_format(content);
    if (!format) {
      problems.add(declared.where,
                   "the secret file '" + *found.path + "' of '" + name +
                       "' is not encrypted; encrypt it before it is committed: hwcsync secrets "
                       "encrypt");
      continue;
    }
    Secret secret;
    secret.name = name;
    secret.source = *found.path;
    secret.blob = tree.blob_id(*found.path).value_or("");
    secret.format = secrets::to_string(*format);
    secret.key = declared.key;
    secret.mode = declared.mode;
    secret.services = declared.services;
    secret.variables = variable_names(*format, content, *found.path, declared.where, problems);
    check_kind(secret, declared.where, problems);
    out.push_back(std::move(secret));
  }
  return out;
}

}  // namespace hwcsync::layout
