#include "gitops/compose/loader.hpp"

#include "gitops/compose/build_files.hpp"
#include "gitops/compose/expand.hpp"
#include "gitops/compose/reading.hpp"

#include <algorithm>
#include <utility>

namespace hwcsync::compose {
namespace {

bool enabled(Reading& reading, const Yaml& service, const std::string& path,
             const std::vector<std::string>& active) {
  const Yaml* profiles = service.find("profiles");
  if (profiles == nullptr || profiles->is_null()) return true;
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

std::map<std::string, Draft> read_services(Reading& reading, const Yaml& document,
                                           const std::vector<std::string>& profiles) {
  std::map<std::string, Draft> drafts;
  const Yaml* services = document.find("services");
  if (services == nullptr || services->is_null()) {
    const bool stack = reading.context.setting == Context::Setting::stack;
    if (stack) reading.problems.add(document, "there is no service in this file");
    return drafts;
  }
  if (!reading.expect_mapping(*services)) return drafts;
  for (const Yaml::Entry& entry : services->entries) {
    Draft draft;
    draft.service.where = key_location(*services, entry);
    if (!is_service_name(entry.key)) {
      reading.problems.add(draft.service.where, "'" + entry.key + "' is no name for a service");
    } else if (entry.value.is_null() || !entry.value.is_mapping()) {
      reading.problems.add(draft.service.where, "the service '" + entry.key + "' must be a mapping");
    } else if (!enabled(reading, entry.value, "services." + entry.key, profiles)) {
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

Project load_project(const Tree& tree, std::vector<ComposeFile> files, const Context& context) {
  const RecordingTree recorder(tree);
  for (const ComposeFile& file : files) recorder.note(file.path);
  const Expanded expanded = expand(recorder, std::move(files), context);
  const Yaml& document = expanded.document;
  Reading reading{recorder, context, expanded.variables, {}, {}};
  reading.project.name = expanded.project_name;
  reading.project.unset_variables = expanded.unset;
  reading.project.shadowed_variables = expanded.shadowed;
  reading.document = &document;
  for (const Yaml::Entry& entry : document.entries)
    static_cast<void>(reading.takes(document, entry, "file", ""));
  const auto section = [&](const char* key) {
    const Yaml* value = document.find(key);
    return value == nullptr || value->is_null() ? nullptr : value;
  };
  std::map<std::string, std::string> secrets;
  if (const Yaml* value = section("networks")) read_networks(reading, *value);
  if (const Yaml* value = section("volumes")) read_volumes(reading, *value);
  if (const Yaml* value = section("configs")) read_configs(reading, *value);
  if (const Yaml* value = section("secrets")) secrets = read_secrets(reading, *value);
  std::map<std::string, Draft> drafts = read_services(reading, document, expanded.profiles);
  settle_directories(reading, drafts);
  settle_builds(reading, drafts);
  for (const auto& [name, draft] : drafts) reading.project.services.emplace(name, draft.service);
  check_references(reading, secrets);
  reading.problems.throw_if_any(ConfigKind::repository);
  reading.project.canonical = canonical_model(reading.project, drafts, context);
  reading.project.files = recorder.files();
  return std::move(reading.project);
}

Project load_project(const Tree& tree, const Yaml& document, const Context& context) {
  if (!document.is_mapping()) {
    throw ConfigError(ConfigKind::repository, {{document.where(), "a Compose file must be a mapping"}});
  }
  return load_project(tree, std::vector<ComposeFile>{{document.where().file, {document}}}, context);
}

}  // namespace hwcsync::compose
