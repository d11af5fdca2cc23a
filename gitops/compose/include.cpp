#include "gitops/compose/expansion.hpp"
#include "gitops/compose/reading.hpp"
#include "gitops/compose/relocate.hpp"
#include "src/base/text.hpp"

#include <algorithm>
#include <array>

namespace hwcsync::compose {
namespace {

constexpr std::array kSections{"services", "networks", "volumes", "secrets", "configs", "models"};

// One item of `include`, as it is written.
struct Item {
  std::vector<const Yaml*> paths;
  const Yaml* directory = nullptr;
  std::vector<const Yaml*> env_files;
  bool has_env_files = false;
};

std::vector<const Yaml*> one_or_many(const Yaml& value) {
  if (!value.is_sequence()) return {&value};
  std::vector<const Yaml*> out;
  for (const Yaml& item : value.items) out.push_back(&item);
  return out;
}

class Includer {
 public:
  Includer(Expansion& expansion, const Scope& scope, Yaml& document, const std::vector<std::string>& chain)
      : expansion_(expansion), scope_(scope), document_(document), chain_(chain) {}

  void run(const Yaml& include) {
    if (!include.is_sequence()) {
      expansion_.problems.add(include, "expected a list, found " + std::string(include.kind_name()));
      return;
    }
    for (const Yaml& value : include.items) {
      if (const auto item = read(value)) bring_in(value, *item);
    }
  }

 private:
  std::optional<Item> read(const Yaml& value) {
    Item out;
    if (!value.is_mapping()) {
      out.paths = {&value};
      return out;
    }
    for (const Yaml::Entry& entry : value.entries) {
      if (entry.key == "path") {
        out.paths = one_or_many(entry.value);
      } else if (entry.key == "project_directory") {
        out.directory = &entry.value;
      } else if (entry.key == "env_file") {
        out.env_files = one_or_many(entry.value);
        out.has_env_files = true;
      } else {
        expansion_.problems.add(key_location(value, entry), "unknown key '" + entry.key + "' of an include");
      }
    }
    if (!out.paths.empty()) return out;
    expansion_.problems.add(value, "key 'path' is missing here");
    return std::nullopt;
  }

  void bring_in(const Yaml& where, const Item& item) {
    std::vector<ComposeFile> files;
    std::vector<std::string> chain = chain_;
    for (const Yaml* path : item.paths) {
      const auto file = open(*path);
      if (!file) return;
      chain.push_back(file->path);
      files.push_back(*file);
    }
    Scope scope{directory_of(files.front().path), scope_.variables, {}};
    if (item.directory != nullptr) {
      const auto directory = place(*item.directory);
      if (!directory) return;
      scope.directory = *directory;
    }
    std::vector<std::string> env_files;
    if (item.has_env_files) {
      for (const Yaml* value : item.env_files) {
        if (value->text == "/dev/null") continue;
        if (const auto path = expansion_.locate(*value, scope_.directory)) env_files.push_back(*path);
      }
    } else if (expansion_.tree.has_file(in_scope(scope, ".env"))) {
      env_files.push_back(in_scope(scope, ".env"));
    }
    read_env_files(expansion_, scope.variables, env_files);
    Yaml model = load_model(expansion_, scope, std::move(files), chain);
    if (!expansion_.spend(model, where.where())) return;
    fill_in_environment(model, scope.variables);
    relocate_document(model, scope.directory, scope_.directory);
    for (const char* section : kSections) import(model, section);
  }

  static std::string in_scope(const Scope& scope, const std::string& name) {
    return scope.directory.empty() ? name : scope.directory + '/' + name;
  }

  std::optional<ComposeFile> open(const Yaml& path) {
    const auto place = expansion_.locate(path, scope_.directory);
    if (!place) return std::nullopt;
    if (std::find(chain_.begin(), chain_.end(), *place) != chain_.end()) {
      expansion_.problems.add(path, "files include each other: " + join(chain_, " -> ") + " -> " + *place);
      return std::nullopt;
    }
    return expansion_.open(path, scope_.directory);
  }

  std::optional<std::string> place(const Yaml& directory) {
    const auto text = expansion_.settled(directory);
    if (!text) return std::nullopt;
    auto out = expansion_.context.place(*text, scope_.directory);
    if (!out) expansion_.problems.add(directory, "'" + *text + "' is outside of the repository");
    return out;
  }

  // `NAME` alone takes the variable of that name, and an include's env file is for the include only.
  static void fill_in_environment(Yaml& model, const Variables& variables) {
    const auto value_of = [&](const std::string& name) -> std::optional<std::string> {
      if (variables.is_secret(name)) return "${" + name + '}';
      const auto found = variables.values.find(name);
      if (found == variables.values.end()) return std::nullopt;
      return Template::literal(found->second).compose_text();
    };
    if (Yaml* configs = model.find("configs"); configs != nullptr) {
      for (Yaml::Entry& config : configs->entries) {
        const Yaml* name = config.value.find("environment");
        const auto value = name == nullptr ? std::nullopt : value_of(name->text);
        if (!value) continue;
        Yaml content = *name;
        content.text = *value;
        content.style = Yaml::Style::quoted;
        config.value.erase("environment");
        config.value.set("content", std::move(content));
      }
    }
    Yaml* services = model.find("services");
    if (services == nullptr) return;
    for (Yaml::Entry& service : services->entries) {
      Yaml* environment = service.value.find("environment");
      if (environment == nullptr) continue;
      for (Yaml& item : environment->items) {
        if (item.text.find('=') != std::string::npos) continue;
        if (const auto value = value_of(item.text)) item.text += '=' + *value;
      }
      for (Yaml::Entry& entry : environment->entries) {
        if (!entry.value.is_null()) continue;
        if (const auto value = value_of(entry.key)) {
          entry.value.kind = Yaml::Kind::scalar;
          entry.value.style = Yaml::Style::quoted;
          entry.value.text = *value;
        }
      }
    }
  }

  void import(Yaml& model, const char* section) {
    Yaml* from = model.find(section);
    if (from == nullptr || !from->is_mapping()) return;
    Yaml* to = document_.find(section);
    if (to == nullptr || to->is_null()) {
      document_.set(section, std::move(*from));
      return;
    }
    std::map<std::string, std::size_t> places;
    for (std::size_t i = 0; i < to->entries.size(); ++i) places.emplace(to->entries[i].key, i);
    for (Yaml::Entry& entry : from->entries) {
      const auto found = places.find(entry.key);
      if (found == places.end()) {
        to->entries.push_back(std::move(entry));
        continue;
      }
      Yaml& known = to->entries[found->second].value;
      if (has_tags(known)) {  // whoever writes !reset or !override knows what is there
        override_with(entry.value, known, section, entry.key);
      } else if (!same_content(known, entry.value)) {
        expansion_.problems.add(key_location(*to, to->entries[found->second]),
                                "'" + std::string(section) + '.' + entry.key + "' is also defined in " +
                                    key_location(*from, entry).to_string() +
                                    ", which is included; rename one, or change it in an override file");
      }
    }
  }

  void override_with(Yaml& imported, Yaml& known, const char* section, const std::string& name) {
    apply_tags(imported, known);
    strip_tags(known);
    static const RuleNode plain;
    const RuleNode* rules = document_rules().below(section);
    if (rules != nullptr) rules = rules->below(name);
    merge_into(imported, std::move(known), rules == nullptr ? plain : *rules, expansion_.problems);
    known = std::move(imported);
  }

  Expansion& expansion_;
  const Scope& scope_;
  Yaml& document_;
  const std::vector<std::string>& chain_;
};

}  // namespace

void apply_includes(Expansion& expansion, const Scope& scope, Yaml& document,
                    const std::vector<std::string>& chain) {
  const Yaml* found = document.find("include");
  if (found == nullptr) return;
  const Yaml include = *found;
  document.erase("include");
  if (!include.is_null() && include.tag != "!reset") Includer(expansion, scope, document, chain).run(include);
}

}  // namespace hwcsync::compose
