#include "gitops/compose/expand.hpp"

#include "gitops/compose/dotenv.hpp"
#include "gitops/compose/expansion.hpp"
#include "gitops/compose/files.hpp"
#include "gitops/compose/project_name.hpp"
#include "gitops/compose/reading.hpp"
#include "src/base/text.hpp"

#include <algorithm>

namespace hwcsync::compose {
namespace {

constexpr std::size_t kMostFiles = 200;
constexpr std::size_t kMostNodes = 500'000;

std::size_t size_of(const Yaml& value) {
  std::size_t out = 1;
  for (const Yaml& item : value.items) out += size_of(item);
  for (const Yaml::Entry& entry : value.entries) out += size_of(entry.value);
  return out;
}

class Interpolation {
 public:
  Interpolation(Expansion& expansion, const Variables& variables)
      : expansion_(expansion), variables_(variables) {}

  void document(Yaml& document) {
    for (Yaml::Entry& entry : document.entries) {
      if (is_extension(entry.key)) continue;
      if (entry.key != "services") {
        value(entry.value);
        continue;
      }
      for (Yaml::Entry& service : entry.value.entries) {
        for (Yaml::Entry& field : service.value.entries) {
          if (!is_extension(field.key)) value(field.value);
        }
        if (!service.value.is_mapping()) value(service.value);
      }
    }
  }

 private:
  void value(Yaml& value) {
    for (Yaml& item : value.items) this->value(item);
    for (Yaml::Entry& entry : value.entries) this->value(entry.value);
    if (!value.is_scalar() || value.text.find('$') == std::string::npos) return;
    const Interpolated done = compose::interpolate(value.text, variables_);
    if (done.error) {
      expansion_.problems.add(value, *done.error);
      return;
    }
    for (const std::string& name : done.unset) expansion_.unset.emplace(name, value.where());
    value.text = done.value.compose_text();
    value.style = Yaml::Style::quoted;
  }

  Expansion& expansion_;
  const Variables& variables_;
};

bool is_encrypted(const std::string& content) {
  return content.rfind("sops_", 0) == 0 || content.find("\nsops_mac=") != std::string::npos;
}

void read_env_file(Expansion& expansion, const Variables& outer, Variables& to, const std::string& path) {
  const auto content = expansion.tree.read(path);
  if (!content) {
    expansion.problems.add(Location{path, 0, 0}, "there is no such file");
    return;
  }
  if (is_encrypted(*content)) {
    expansion.problems.add(Location{path, 1, 1},
                           "'" + path.substr(path.rfind('/') + 1) +
                               "' is encrypted; name it as the source of 'secrets: env' "
                               "in stack.yaml");
    return;
  }
  const Dotenv file = parse_dotenv(*content, path, to);
  if (file.error) expansion.problems.add(file.error->where, file.error->message);
  for (const DotenvEntry& entry : file.entries) {
    if (outer.secrets.count(entry.name) > 0)
      expansion.shadowed.insert_or_assign(entry.name, Location{path, entry.line, 1});
    const bool taken = outer.values.count(entry.name) > 0 || outer.secrets.count(entry.name) > 0;
    if (!entry.value || taken) continue;
    if (entry.value->tainted()) {
      expansion.problems.add(Location{path, entry.line, 1},
                             "a value in '" + path.substr(path.rfind('/') + 1) + "' may not use a secret");
    } else if (is_variable_name(entry.name)) {
      to.values[entry.name] = entry.value->plain();
    }
  }
}

const std::string* variable(const Variables& variables, const char* name) {
  const auto found = variables.values.find(name);
  return found == variables.values.end() || found->second.empty() ? nullptr : &found->second;
}

// Who names the project: the caller, COMPOSE_PROJECT_NAME, the last `name:` of the files, the directory.
void settle_project_name(Expansion& expansion, const std::vector<ComposeFile>& files, Expanded& out) {
  const Yaml* given = nullptr;
  for (const ComposeFile& file : files) {
    for (const Yaml& document : file.documents) {
      const Yaml* name = document.find("name");
      if (name != nullptr && !name->is_null()) given = name;
    }
  }
  if (!expansion.context.project_name.empty()) {
    out.project_name = expansion.context.project_name;
  } else if (const std::string* name = variable(out.variables, "COMPOSE_PROJECT_NAME"); name != nullptr) {
    out.project_name = *name;
  } else if (given != nullptr) {
    const Interpolated done = interpolate(given->text, out.variables);
    if (done.error) {
      expansion.problems.add(*given, *done.error);
    } else if (done.value.tainted()) {
      expansion.problems.add(*given, "the name of a project may not come from a secret");
    }
    if (done.error || done.value.tainted()) return;
    out.project_name = done.value.plain();
  } else {
    out.project_name = project_name_of(expansion.context.directory);
  }
  out.variables.values["COMPOSE_PROJECT_NAME"] = out.project_name;
  if (is_project_name(out.project_name)) return;
  expansion.problems.add(
      given != nullptr ? *given : files.front().documents.front(),
      "'" + out.project_name +
          "' is no name for a project: lower-case letters, digits, '-' and '_', a letter or digit "
          "first; set 'project' in stack.yaml");
}

void settle_env_files(Expansion& expansion, Variables& variables) {
  const Context& context = expansion.context;
  if (context.env_files) {
    read_env_files(expansion, variables, *context.env_files);
    return;
  }
  const std::string path = context.directory.empty() ? ".env" : context.directory + "/.env";
  if (expansion.tree.has_file(path)) read_env_files(expansion, variables, {path});
}

// A list of files in a variable is docker-compose's; here the files are found by their names, and leaving out
// one that somebody counts on must not be silent.
void check_file_list(Expansion& expansion, const std::vector<ComposeFile>& files, const Expanded& out) {
  const std::string* listed = variable(out.variables, "COMPOSE_FILE");
  if (listed == nullptr || expansion.context.setting == Context::Setting::plain) return;
  std::vector<std::string> wanted;
  for (const std::string& name : split(*listed, ':')) {
    wanted.push_back(join_path(expansion.context.directory, name).value_or(name));
  }
  const bool same =
      std::equal(wanted.begin(), wanted.end(), files.begin(), files.end(),
                 [](const std::string& path, const ComposeFile& file) { return path == file.path; });
  if (same) return;
  expansion.problems.add(
      files.front().documents.front(),
      "COMPOSE_FILE asks for '" + *listed +
          "', but a stack is made of its Compose file and the override file beside it; bring "
          "the others in with 'include'");
}

// What hwcsync will not do, whoever asks: said before the rest is read.
void refuse(Expansion& expansion, const Yaml& document) {
  const auto refuse_in = [&](const Yaml& mapping, std::string_view scope) {
    for (const Yaml::Entry& entry : mapping.entries) {
      if (entry.key != "models" && entry.key != "provider") continue;
      if (const KeyRow* row = find_key(scope, entry.key); row != nullptr) {
        expansion.problems.add(key_location(mapping, entry),
                               "'" + entry.key + "' is refused: " + std::string(row->provider.words));
      }
    }
  };
  refuse_in(document, "file");
  const Yaml* services = document.find("services");
  if (services == nullptr) return;
  for (const Yaml::Entry& service : services->entries) refuse_in(service.value, "service");
}

}  // namespace

void Expansion::interpolate(Yaml& document, const Variables& variables) {
  Interpolation(*this, variables).document(document);
}

bool Expansion::spend(const Yaml& copied, const Location& where) {
  if (nodes > kMostNodes) return false;
  nodes += size_of(copied);
  if (nodes <= kMostNodes) return true;
  problems.add(where, "the files grow to more than 500000 values by extending and including each other");
  return false;
}

std::optional<std::string> Expansion::settled(const Yaml& value) {
  if (!value.is_scalar() || value.text.empty()) {
    problems.add(value,
                 "expected text, found " + (value.is_scalar() ? "nothing" : std::string(value.kind_name())));
    return std::nullopt;
  }
  Variables nobody;
  nobody.secret_names = SecretNames::hidden;
  const Interpolated done = compose::interpolate(value.text, nobody);
  if (done.error || done.value.tainted()) {
    problems.add(value, "'" + value.text + "' uses a secret; only environment and files may");
    return std::nullopt;
  }
  return done.value.plain();
}

std::optional<std::string> Expansion::locate(const Yaml& relative, const std::string& directory) {
  const auto text = settled(relative);
  if (!text) return std::nullopt;
  const bool remote = text->find("://") != std::string::npos || text->rfind("git@", 0) == 0 ||
                      text->rfind("github.com/", 0) == 0;
  if (remote) {
    problems.add(relative, "'" + *text +
                               "' is fetched from elsewhere, which no commit pins; copy the file "
                               "into the repository");
    return std::nullopt;
  }
  const bool plain = context.setting == Context::Setting::plain;
  auto path = context.place(*text, directory);
  if (!path) {
    problems.add(relative, "'" + *text + "' is outside of the repository");
  } else if (!tree.has_file(*path)) {
    problems.add(relative, absence(tree, *path,
                                   "there is no file '" + *text + "'" +
                                       (plain ? "" : " in the repository (looked for " + *path + ')')));
    path.reset();
  }
  return path;
}

std::optional<ComposeFile> Expansion::open(const Yaml& relative, const std::string& directory) {
  const auto path = locate(relative, directory);
  if (!path) return std::nullopt;
  if (++files > kMostFiles) {
    if (files == kMostFiles + 1) {
      problems.add(relative,
                   "the project is made of more than 200 files, or of files that include each other "
                   "over and over");
    }
    return std::nullopt;
  }
  return read_compose_file(tree, *path);
}

Yaml load_model(Expansion& expansion, Scope& scope, std::vector<ComposeFile> files,
                const std::vector<std::string>& chain) {
  Yaml merged;
  for (ComposeFile& file : files) {
    std::vector<std::string> here = chain;
    if (std::find(here.begin(), here.end(), file.path) == here.end()) here.push_back(file.path);
    for (Yaml& document : file.documents) {
      expansion.interpolate(document, scope.variables);
      const bool tags = has_tags(document);
      if (tags) apply_tags(merged, document);
      apply_includes(expansion, scope, document, here);
      apply_extends(expansion, scope, file.path, document);
      if (tags) strip_tags(document);
      if (merged.is_null()) {
        merged = std::move(document);
      } else {
        merge_into(merged, std::move(document), document_rules(), expansion.problems);
      }
    }
  }
  make_unique(merged, document_rules());
  return merged;
}

void read_env_files(Expansion& expansion, Variables& variables, const std::vector<std::string>& paths) {
  const Variables outer = variables;
  for (const std::string& path : paths) read_env_file(expansion, outer, variables, path);
}

Expanded expand(const Tree& tree, std::vector<ComposeFile> files, const Context& context) {
  Expansion expansion{tree, context, {}, {}, {}, 0, 0};
  Expanded out;
  out.variables = context.variables;
  settle_env_files(expansion, out.variables);
  settle_project_name(expansion, files, out);
  check_file_list(expansion, files, out);
  out.profiles = context.profiles;
  const std::string* profiles = variable(out.variables, "COMPOSE_PROFILES");
  if (out.profiles.empty() && profiles != nullptr) out.profiles = split(*profiles, ',');
  Scope scope{context.directory, out.variables, {}};
  out.document = load_model(expansion, scope, std::move(files), {});
  refuse(expansion, out.document);
  expansion.problems.throw_if_any(ConfigKind::repository);
  out.unset = std::move(expansion.unset);
  out.shadowed = std::move(expansion.shadowed);
  return out;
}

}  // namespace hwcsync::compose
