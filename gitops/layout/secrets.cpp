#include "gitops/layout/secrets.hpp"

#include "gitops/compose/loader.hpp"
#include "secrets/arena/secret_error.hpp"
#include "secrets/manifest/template.hpp"
#include "secrets/vault/source.hpp"
#include "src/base/text.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

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

// Where a file may be: beside the stack, and below the repository's secrets.
using Bases = std::vector<std::string>;

Found look_up(const Tree& tree, const std::string& source, const Bases& bases) {
  Found out;
  for (const std::string& base : bases) {
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

// The file that a secret names; nothing, with a problem, when it cannot be read.
std::optional<std::string> find_file(const Tree& tree, const std::string& file, const std::string& subject,
                                     const Bases& bases, const Location& where, Problems& problems) {
  const Found found = look_up(tree, file, bases);
  if (found.path) return found.path;
  std::string why = "is not there; looked for " +
                    (found.tried.empty() ? "it outside of the repository" : join(found.tried, " and "));
  for (const std::string& path : found.tried) {
    if (const auto fault = path_fault(tree, path)) why = "cannot be read: " + *fault;
  }
  problems.add(where, subject + ' ' + why);
  return std::nullopt;
}

std::optional<Secret> find_source(const Tree& tree, const std::string& name,
                                  const stack::SecretSource& declared, const Bases& bases,
                                  Problems& problems) {
  const auto path =
      find_file(tree, declared.source, "the secret file '" + declared.source + "' of '" + name + "'", bases,
                declared.where, problems);
  if (!path) return std::nullopt;
  const std::string content = tree.read(*path).value_or("");
  const auto format = secrets::detect_source_format(content, *path);
  if (!format) {
    problems.add(declared.where, "the secret file '" + *path + "' of '" + name +
                                     "' is not encrypted; encrypt it before it is committed: hwcsync secrets "
                                     "encrypt");
    return std::nullopt;
  }
  Secret secret;
  secret.name = name;
  secret.source = *path;
  secret.blob = tree.blob_id(*path).value_or("");
  secret.format = secrets::to_string(*format);
  secret.key = declared.key;
  secret.mode = declared.mode;
  secret.services = declared.services;
  secret.variables = variable_names(*format, content, *path, declared.where, problems);
  check_kind(secret, declared.where, problems);
  return secret;
}

// What a placeholder stands for; nullptr, with a problem at its place, when it names no such secret.
const Secret* find_referenced(const secrets::TemplatePart& part, const Location& place,
                              const std::map<std::string, stack::SecretSource>& declared,
                              const std::vector<Secret>& sources, Problems& problems) {
  std::vector<std::string> names;
  for (const auto& [name, source] : declared) {
    if (name != "env" && source.text_template.empty()) names.push_back(name);
  }
  if (part.secret == "env") {
    problems.add(
        place,
        "'env' is the whole env file of the stack; for one of its variables declare a secret with the "
        "same 'source' and the variable as 'key'");
    return nullptr;
  }
  if (declared.contains(part.secret) && !declared.at(part.secret).text_template.empty()) {
    problems.add(place, "'" + part.secret + "' is a template itself");
    return nullptr;
  }
  if (std::find(names.begin(), names.end(), part.secret) == names.end()) {
    problems.add(place, "this stack has no secret '" + part.secret + "'" + suggestion(part.secret, names));
    return nullptr;
  }
  const auto found = std::find_if(sources.begin(), sources.end(),
                                  [&](const Secret& secret) { return secret.name == part.secret; });
  return found == sources.end() ? nullptr : &*found;  // then its own problem has been told
}

std::optional<Secret> find_template(const Tree& tree, const std::string& name,
                                    const stack::StackConfig& config, const std::vector<Secret>& sources,
                                    const Bases& bases, Problems& problems) {
  const stack::SecretSource& declared = config.secrets.at(name);
  const auto path = find_file(tree, declared.text_template,
                              "the template '" + declared.text_template + "' of '" + name + "'", bases,
                              declared.where, problems);
  if (!path) return std::nullopt;
  const std::string content = tree.read(*path).value_or("");
  if (secrets::detect_source_format(content)) {
    problems.add(declared.where,
                 "the template '" + *path + "' of '" + name +
                     "' is encrypted; a template is text in clear, and a whole file is a 'source'");
    return std::nullopt;
  }
  secrets::ParsedTemplate parsed = secrets::parse_template(content, *path);
  for (Problem& problem : parsed.problems) problems.add(problem.where, std::move(problem.message));
  if (!parsed.problems.empty()) return std::nullopt;
  bool complete = true;
  for (secrets::TemplatePart& part : parsed.parts) {
    if (part.secret.empty()) continue;
    const Secret* source =
        find_referenced(part, {*path, part.line, part.column}, config.secrets, sources, problems);
    complete = complete && source != nullptr;
    if (source == nullptr) continue;
    part.source = {source->source, source->blob, *secrets::parse_source_format(source->format)};
    part.key = source->key;
  }
  if (!complete) return std::nullopt;
  Secret secret;
  secret.name = name;
  secret.source = *path;
  secret.blob = tree.blob_id(*path).value_or("");
  secret.mode = declared.mode;
  secret.services = declared.services;
  secret.parts = std::move(parsed.parts);
  return secret;
}

}  // namespace

std::vector<Secret> find_secrets(const Tree& tree, const stack::RepositoryConfig& repository,
                                 const std::string& directory, const stack::StackConfig& config,
                                 Problems& problems) {
  const Bases bases{directory, repository.secrets};
  std::vector<Secret> out;
  for (const auto& [name, declared] : config.secrets) {
    if (!declared.text_template.empty()) continue;
    if (auto secret = find_source(tree, name, declared, bases, problems)) out.push_back(std::move(*secret));
  }
  std::vector<Secret> templates;
  for (const auto& [name, declared] : config.secrets) {
    if (declared.text_template.empty()) continue;
    if (auto secret = find_template(tree, name, config, out, bases, problems))
      templates.push_back(std::move(*secret));
  }
  std::move(templates.begin(), templates.end(), std::back_inserter(out));
  std::sort(out.begin(), out.end(), [](const Secret& a, const Secret& b) { return a.name < b.name; });
  return out;
}

}  // namespace hwcsync::layout
