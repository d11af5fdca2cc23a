#include "gitops/layout/secrets.hpp"

#include "gitops/compose/loader.hpp"
#include "secrets/arena/secret_error.hpp"
#include "secrets/sops/dotenv.hpp"
#include "src/base/json.hpp"
#include "src/base/text.hpp"

#include <algorithm>

namespace hwcsync::layout {
namespace {

bool has_line(std::string_view content, std::string_view beginning) {
  return content.substr(0, beginning.size()) == beginning ||
         content.find('\n' + std::string(beginning)) != std::string_view::npos;
}

SecretFormat judge_json(std::string_view content) {
  const Json value = Json::parse(content, nullptr, false);
  if (!value.is_object() || !value.contains("sops") || !value["sops"].is_object() ||
      !value["sops"].contains("mac")) {
    return {std::nullopt, "is not encrypted"};
  }
  if (value.size() == 2 && value.contains("data") && value["data"].is_string()) return {"sops-binary", {}};
  return {std::nullopt,
          "is a sops file in JSON, which is not supported by this version yet (sops dotenv, sops binary and "
          "age are)"};
}

// Names that `key` may take, for a message; problems of the file itself are told at `where`.
std::vector<std::string> variable_names(const std::string& content, const std::string& path,
                                        const Location& where, Problems& problems) {
  try {
    return secrets::list_sops_dotenv_keys(content);
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
  if (secret.name == "env" && secret.format == "sops-binary") {
    problems.add(where, "the secret file '" + secret.source +
                            "' of 'env' is a sops binary file; an env file must be sops dotenv or age");
  }
  if (secret.key.empty()) return;
  if (secret.format == "sops-binary") {
    problems.add(where,
                 "the secret file '" + secret.source + "' is one value and has no key '" + secret.key + "'");
  } else if (secret.format == "sops-dotenv" && std::find(secret.variables.begin(), secret.variables.end(),
                                                         secret.key) == secret.variables.end()) {
    problems.add(where, "the secret file '" + secret.source + "' has no key '" + secret.key + "'" +
                            suggestion(secret.key, secret.variables));
  }
}

}  // namespace

SecretFormat detect_secret_format(std::string_view content) {
  constexpr std::string_view kAge = "age-encryption.org/";
  constexpr std::string_view kArmor = "-----BEGIN AGE ENCRYPTED FILE-----";
  if (content.substr(0, kAge.size()) == kAge || trim(content).substr(0, kArmor.size()) == kArmor)
    return {"age", {}};
  if (trim(content).substr(0, 1) == "{") return judge_json(content);
  if (has_line(content, "sops_mac=")) return {"sops-dotenv", {}};
  if (has_line(content, "sops:") && content.find("\n    mac: ENC[") != std::string_view::npos) {
    return {std::nullopt,
            "is a sops file in YAML, which is not supported by this version yet (sops dotenv, sops binary "
            "and age are)"};
  }
  if (has_line(content, "[sops]")) {
    return {std::nullopt,
            "is a sops file in INI, which is not supported by this version yet (sops dotenv, sops binary and "
            "age are)"};
  }
  return {std::nullopt, "is not encrypted"};
}

std::vector<Secret> find_secrets(const Tree& tree, const stack::RepositoryConfig& repository,
                                 const std::string& directory, const stack::StackConfig& config,
                                 Problems& problems) {
  std::vector<Secret> out;
  for (const auto& [name, declared] : config.secrets) {
    const Found found = look_up(tree, declared.source, directory, repository.secrets);
    if (!found.path) {
      problems.add(declared.where,
                   "the secret file '" + declared.source + "' of '" + name + "' is not there; looked for " +
                       (found.tried.empty() ? "it outside of the repository" : join(found.tried, " and ")));
      continue;
    }
    const std::string content = tree.read(*found.path).value_or("");
    const SecretFormat format = detect_secret_format(content);
    if (!format.name) {
      problems.add(declared.where, "the secret file '" + *found.path + "' of '" + name + "' " +
                                       format.refusal +
                                       (format.refusal == "is not encrypted"
                                            ? "; encrypt it before it is committed: hwcsync secrets encrypt"
                                            : ""));
      continue;
    }
    Secret secret;
    secret.name = name;
    secret.source = *found.path;
    secret.blob = tree.blob_id(*found.path).value_or("");
    secret.format = *format.name;
    secret.key = declared.key;
    secret.mode = declared.mode;
    secret.services = declared.services;
    if (secret.format == "sops-dotenv")
      secret.variables = variable_names(content, *found.path, declared.where, problems);
    check_kind(secret, declared.where, problems);
    out.push_back(std::move(secret));
  }
  return out;
}

}  // namespace hwcsync::layout
