#include "gitops/compose/container_path.hpp"
#include "gitops/compose/fields.hpp"
#include "gitops/compose/units.hpp"
#include "src/base/hash.hpp"
#include "src/base/text.hpp"

#include <array>

// Secrets and configs: the top-level sections, and how services are given them.
namespace hwcsync::compose {
namespace {

// A text is in base 8; a bare YAML number means what YAML says, where a leading 0 is base 8 too.
void read_mode(Reading& reading, const Yaml& value, const std::string& path, Grant& out) {
  out.mode = reading.file_mode(value, path);
}

constexpr std::array kGrant{
    Field<Grant>{"source", read_text<&Grant::source>},
    Field<Grant>{"target", read_text<&Grant::target>},
    Field<Grant>{"uid", read_text<&Grant::uid>},
    Field<Grant>{"gid", read_text<&Grant::gid>},
    Field<Grant>{"mode", read_mode},
};

struct SecretSource {
  std::string name;
  std::string variable;
  External external;
  std::string file;
};

constexpr std::array kSecret{
    Field<SecretSource>{"external", [](Reading& reading, const Yaml& value, const std::string& path,
                                       SecretSource& out) { out.external = reading.external(value, path); }},
    // Of a stack only a place-holder: what is shown in its stead is the stack's secret of the same name.
    Field<SecretSource>{"file", [](Reading& reading, const Yaml& value, const std::string& path,
                                   SecretSource& out) { out.file = reading.plain(value, path); }},
    Field<SecretSource>{"name", read_text<&SecretSource::name>},
    Field<SecretSource>{"environment", read_text<&SecretSource::variable>},
};

struct ConfigSource {
  std::string name;
  std::string file;
  std::string variable;
  std::optional<Template> content;
  External external;
};

constexpr std::array kConfig{
    Field<ConfigSource>{"external", [](Reading& reading, const Yaml& value, const std::string& path,
                                       ConfigSource& out) { out.external = reading.external(value, path); }},
    Field<ConfigSource>{"name", read_text<&ConfigSource::name>},
    Field<ConfigSource>{"file", read_text<&ConfigSource::file>},
    Field<ConfigSource>{"environment", read_text<&ConfigSource::variable>},
    Field<ConfigSource>{"content", [](Reading& reading, const Yaml& value, const std::string& /*path*/,
                                      ConfigSource& out) { out.content = reading.text(value); }},
};

Config read_config(Reading& reading, const std::string& key, const Yaml& value) {
  ConfigSource source;
  const std::string path = "configs." + key;
  read_fields<ConfigSource>(reading, value, "config", path, kConfig, source);
  Config out{.key = key, .name = source.name, .external = source.external.external};
  if (source.external.name) out.name = *source.external.name;
  if (out.name.empty()) out.name = out.external ? key : reading.project.name + '_' + key;
  const int given = (source.file.empty() ? 0 : 1) + (source.variable.empty() ? 0 : 1) +
                    (source.content ? 1 : 0) + (out.external ? 1 : 0);
  if (given != 1) {
    reading.problems.add(
        value, "the config '" + key + "' needs exactly one of 'file', 'content', 'environment', 'external'");
  } else if (!source.file.empty()) {
    if (auto asset = reading.asset(*value.find("file"), source.file)) out.file = std::move(*asset);
  } else if (!source.variable.empty()) {
    out.content = reading.variable(*value.find("environment"), source.variable, path).value_or(Template{});
  } else if (source.content) {
    out.content = std::move(*source.content);
  }
  return out;
}

}  // namespace

std::map<std::string, std::string> read_secrets(Reading& reading, const Yaml& value) {
  std::map<std::string, std::string> out;
  if (!reading.expect_mapping(value)) return out;
  for (const Yaml::Entry& entry : value.entries) {
    const Location where = key_location(value, entry);
    SecretSource source;
    if (!entry.value.is_null())
      read_fields<SecretSource>(reading, entry.value, "secret", "secrets." + entry.key, kSecret, source);
    if (source.external.name && !source.name.empty())
      reading.problems.add(where, "the secret '" + entry.key + "' has two names, 'name' and 'external.name'");
    if (reading.context.setting == Context::Setting::plain && source.variable.empty()) {
      const bool file = !source.file.empty();
      reading.project.machine_secrets[entry.key] =
          file ? reading.asset(entry.value, source.file).value_or("") : "";
      out.emplace(entry.key, "");
      continue;
    }
    if (!source.variable.empty()) {
      if (reading.context.setting == Context::Setting::stack &&
          !reading.variables.is_secret(source.variable)) {
        reading.problems.add(where,
                             "the variable " + source.variable + " of the secret '" + entry.key +
                                 "' does not come from a secret; declare the secret under 'secrets' in "
                                 "stack.yaml instead");
      }
      reading.project.secret_variables.insert(source.variable);
      reading.project.secret_environment.emplace(entry.key, source.variable);
      out.emplace(entry.key, "");
      continue;
    }
    std::string name = source.external.name.value_or(source.name);
    if (name.empty()) name = entry.key;
    if (!source.external.external && source.file.empty()) {
      reading.problems.add(where, "the secret '" + entry.key +
                                      "' needs 'external: true'; its source is declared in stack.yaml");
    } else if (reading.context.secret_files.count(name) == 0) {
      reading.problems.add(where, "the secret '" + name + "' is not declared under 'secrets' in stack.yaml");
    } else {
      out.emplace(entry.key, name);
    }
  }
  return out;
}

void read_configs(Reading& reading, const Yaml& value) {
  if (!reading.expect_mapping(value)) return;
  for (const Yaml::Entry& entry : value.entries) {
    reading.project.configs.emplace(entry.key, read_config(reading, entry.key, entry.value));
  }
}

std::vector<Grant> read_grants(Reading& reading, const Yaml& value, const std::string& path,
                               const std::string& default_directory) {
  std::vector<Grant> out;
  if (!value.is_sequence()) {
    reading.problems.add(value, "expected a list, found " + std::string(value.kind_name()));
    return out;
  }
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const Yaml& item = value.items[i];
    const std::string here = path + '[' + std::to_string(i) + ']';
    Grant grant;
    if (item.is_mapping()) {
      read_fields<Grant>(reading, item, "grant", here, kGrant, grant);
    } else {
      grant.source = reading.plain(item, here);
    }
    if (grant.source.empty()) {
      reading.problems.add(item, "key 'source' is missing here");
      continue;
    }
    if (grant.target.empty()) grant.target = grant.source;
    if (grant.target.front() != '/') grant.target = default_directory + grant.target;
    grant.target = clean_path(grant.target);
    if (const auto fault = mount_field_fault(grant.target)) reading.limit(Limit::Of::provider, item, *fault);
    out.push_back(std::move(grant));
  }
  return out;
}

}  // namespace hwcsync::compose
