#include "gitops/compose/loader.hpp"

#include "gitops/compose/dotenv.hpp"
#include "gitops/compose/reading.hpp"
#include "src/base/text.hpp"

#include <algorithm>
#include <array>

namespace hwcsync::compose {
namespace {

constexpr std::array kNames{"compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"};
constexpr std::array kOverrides{"compose.override.yaml", "compose.override.yml",
                                "docker-compose.override.yaml", "docker-compose.override.yml"};

bool is_project_name(const std::string& name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !name.empty() && letter(name.front()) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || c == '_' || c == '-'; });
}

// stack.yaml, then `name:`, then the directory.
void settle_project_name(Reading& reading, const Yaml& document) {
  std::string& name = reading.project.name;
  const Yaml* given = document.find("name");
  if (!reading.context.project_name.empty()) {
    name = reading.context.project_name;
  } else if (given != nullptr && !given->is_null()) {
    name = reading.plain(*given, "name");
  } else {
    name = split(reading.context.directory, '/').back();
  }
  if (!is_project_name(name)) {
    reading.problems.add(
        given != nullptr ? *given : document,
        "'" + name +
            "' is no name for a project: lower-case letters, digits, '-' and '_', a letter or digit "
            "first; set 'project' in stack.yaml");
  }
  reading.variables.values["COMPOSE_PROJECT_NAME"] = name;
}

// `.env` beside the Compose file gives variables that nobody else has declared.
void read_dot_env(Reading& reading) {
  const std::string path = reading.context.directory + "/.env";
  const auto content = reading.tree.read(path);
  if (!content) return;
  if (content->rfind("sops_", 0) == 0 || content->find("\nsops_mac=") != std::string::npos) {
    reading.problems.add(Location{path, 1, 1},
                         "'.env' is encrypted; name it as the source of 'secrets: env' in stack.yaml");
    return;
  }
  const Dotenv file = parse_dotenv(*content, path, reading.variables);
  if (file.error) reading.problems.add(file.error->where, file.error->message);
  for (const DotenvEntry& entry : file.entries) {
    const bool taken = reading.context.variables.values.count(entry.name) > 0 ||
                       reading.variables.secrets.count(entry.name) > 0;
    if (!entry.value || taken) continue;
    if (entry.value->tainted()) {
      reading.problems.add(Location{path, entry.line, 1}, "a value in '.env' may not use a secret");
    } else if (is_variable_name(entry.name)) {
      reading.variables.values[entry.name] = entry.value->plain();
    }
  }
}

bool enabled(Reading& reading, const Yaml& service, const std::string& path) {
  const Yaml* profiles = service.find("profiles");
  if (profiles == nullptr || profiles->is_null()) return true;
  const auto& active = reading.context.profiles;
  const std::vector<std::string> names = reading.plain_list(*profiles, path + ".profiles");
  if (names.empty() || std::find(active.begin(), active.end(), "*") != active.end()) return true;
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    return std::find(active.begin(), active.end(), name) != active.end();
  });
}

bool is_service_name(const std::string& name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
  });
}

std::map<std::string, Draft> read_services(Reading& reading, const Yaml& document) {
  std::map<std::string, Draft> drafts;
  const Yaml* services = document.find("services");
  if (services == nullptr || services->is_null()) {
    reading.problems.add(document, "there is no service in this file");
    return drafts;
  }
  if (!reading.expect_mapping(*services)) return drafts;
  for (const Yaml::Entry& entry : services->entries) {
    if (is_extension(entry.key)) continue;
    Draft draft;
    draft.service.where = key_location(*services, entry);
    if (!is_service_name(entry.key)) {
      reading.problems.add(draft.service.where, "'" + entry.key + "' is no name for a service");
    } else if (entry.value.is_null() || !entry.value.is_mapping()) {
      reading.problems.add(draft.service.where, "the service '" + entry.key + "' must be a mapping");
    } else if (!enabled(reading, entry.value, "services." + entry.key)) {
      reading.project.disabled.insert(entry.key);
      reading.note(draft.service.where,
                   "no active profile enables the service '" + entry.key + "': left out");
    } else {
      read_service(reading, entry.key, entry.value, draft);
      drafts.emplace(entry.key, std::move(draft));
    }
  }
  return drafts;
}

}  // namespace

std::optional<std::string> find_compose_file(const Tree& tree, const std::string& directory) {
  const auto entries = tree.list(directory);
  if (!entries) return std::nullopt;
  const auto has = [&](const std::string& name) {
    return std::any_of(entries->begin(), entries->end(), [&](const TreeEntry& entry) {
      return entry.name == name && entry.kind != EntryKind::directory;
    });
  };
  for (const char* name : kOverrides) {
    if (!has(name)) continue;
    const std::string path = directory + '/' + name;
    throw ConfigError(
        ConfigKind::repository,
        {{{path, 1, 1},
          "an override file is not supported by this version yet; move its content into the Compose file"}});
  }
  for (const char* name : kNames) {
    if (has(name)) return directory + '/' + name;
  }
  return std::nullopt;
}

std::optional<std::string> read_tracked_file(const Tree& tree, const std::string& path) {
  const auto slash = path.rfind('/');
  const auto entries = tree.list(slash == std::string::npos ? "" : path.substr(0, slash));
  if (!entries) return std::nullopt;
  const std::string name = path.substr(slash == std::string::npos ? 0 : slash + 1);
  for (const TreeEntry& entry : *entries) {
    if (entry.name != name) continue;
    const bool regular = entry.kind == EntryKind::file || entry.kind == EntryKind::executable;
    return regular ? tree.read(path) : std::nullopt;
  }
  return std::nullopt;
}

Yaml read_compose_document(const Tree& tree, const std::string& path) {
  const auto content = tree.read(path);
  if (!content) throw ConfigError(ConfigKind::repository, {{{path, 0, 0}, "there is no such file"}});
  Yaml document = parse_yaml(*content, path);
  if (!document.is_mapping()) {
    throw ConfigError(ConfigKind::repository, {{document.where(), "a Compose file must be a mapping"}});
  }
  return document;
}

Project load_project(const Tree& tree, const Yaml& document, const Context& context) {
  Reading reading{tree, context, context.variables, {}, {}};
  settle_project_name(reading, document);
  read_dot_env(reading);
  for (const Yaml::Entry& entry : document.entries) {
    if (entry.key == "version") {
      reading.note(key_location(document, entry), "'version' has no meaning any more: ignored");
    } else if (entry.key != "name" && entry.key != "services" && entry.key != "networks" &&
               entry.key != "volumes" && entry.key != "secrets" && !is_extension(entry.key)) {
      reading.refuse_key(document, entry, "file");
    }
  }
  const auto section = [&](const char* key) {
    const Yaml* value = document.find(key);
    return value == nullptr || value->is_null() ? nullptr : value;
  };
  std::map<std::string, std::string> secrets;
  if (const Yaml* value = section("networks")) read_networks(reading, *value);
  if (const Yaml* value = section("volumes")) read_volumes(reading, *value);
  if (const Yaml* value = section("secrets")) secrets = read_secrets(reading, *value);
  const std::map<std::string, Draft> drafts = read_services(reading, document);
  for (const auto& [name, draft] : drafts) reading.project.services.emplace(name, draft.service);
  check_references(reading, secrets);
  reading.problems.throw_if_any(ConfigKind::repository);
  reading.project.canonical = canonical_model(reading.project, drafts, context);
  return std::move(reading.project);
}

}  // namespace hwcsync::compose
