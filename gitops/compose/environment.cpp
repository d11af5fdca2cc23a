#include "gitops/compose/dotenv.hpp"
#include "gitops/compose/fields.hpp"
#include "gitops/compose/files.hpp"

#include <algorithm>
#include <array>

namespace hwcsync::compose {
namespace {

bool is_environment_name(const std::string& name) {
  return !name.empty() && std::none_of(name.begin(), name.end(), [](char c) {
    return c == '=' || c == '*' || static_cast<unsigned char>(c) <= ' ' || c == 0x7F;
  });
}

// Style oci writes the file that podman reads from parts of text and plain names; operators would have to be
// evaluated by the secret service, which does not know them.
void check_suffixes(Reading& reading, const Yaml& where, const std::string& path, const Template& value) {
  for (const auto& part : value.parts) {
    const auto* secret = std::get_if<SecretPart>(&part);
    if (secret == nullptr || secret->suffix.empty()) continue;
    if (secret->suffix.front() == '?' || secret->suffix.rfind(":?", 0) == 0) continue;
    reading.limit(Limit::Of::containers, where,
                  path + " uses ${" + secret->variable + secret->suffix +
                      "} of a secret; in style oci only ${" + secret->variable + "} and ${" +
                      secret->variable + ":?message} are supported by this version");
  }
}

void set(Reading& reading, const Yaml& where, const std::string& path, const std::string& name,
         Template value, Draft& draft) {
  if (!is_environment_name(name)) {
    reading.problems.add(where, "'" + name + "' is no name for an environment variable");
    return;
  }
  check_suffixes(reading, where, path + '.' + name, value);
  // Its list of --env goes through CSV (pflag's GetStringArray), whose reader drops the one before the other.
  if (!value.tainted() && value.plain().find("\r\n") != std::string::npos) {
    reading.limit(Limit::Of::containers, where,
                  path + '.' + name +
                      " holds a carriage return before a line feed, which `podman run --env` loses; "
                      "mount a file instead");
  }
  draft.service.environment[name] = std::move(value);
}

// A name without a value takes the variable of that name; one that nobody sets is left out, as Compose does.
void inherit(Reading& reading, const Yaml& where, const std::string& path, const std::string& name,
             Draft& draft) {
  const Variables& variables = reading.variables;
  const auto found = variables.values.find(name);
  if (variables.is_secret(name)) {
    Template value;
    value.parts.emplace_back(SecretPart{name, {}});
    reading.project.secret_variables.insert(name);
    set(reading, where, path, name, std::move(value), draft);
  } else if (found != variables.values.end()) {
    set(reading, where, path, name, Template::literal(found->second), draft);
  } else {
    draft.service.environment.erase(name);
    reading.note(where.where(),
                 path + '.' + name + " has no value, neither from a secret nor from a variable: left out");
  }
}

void read_item(Reading& reading, const Yaml& item, const std::string& path, Draft& draft) {
  const Template line = reading.text(item);
  if (line.parts.empty()) return;
  const auto* first = std::get_if<TextPart>(&line.parts.front());
  const auto equals = first == nullptr ? std::string::npos : first->text.find('=');
  if (equals == std::string::npos) {
    if (line.tainted()) {
      reading.problems.add(item, "the name of an environment variable may not come from a secret");
    } else {
      inherit(reading, item, path, line.plain(), draft);
    }
    return;
  }
  Template value = Template::literal(first->text.substr(equals + 1));
  value.parts.insert(value.parts.end(), line.parts.begin() + 1, line.parts.end());
  set(reading, item, path, first->text.substr(0, equals), std::move(value), draft);
}

// One item of `env_file`.
struct EnvFile {
  std::string path;
  bool required = true;
  bool raw = false;  // taken as it stands: no quotes, no variables
};

void read_format(Reading& reading, const Yaml& value, const std::string& path, EnvFile& out) {
  const std::string format = reading.plain(value, path);
  out.raw = format == "raw";
  if (!out.raw && !format.empty())
    reading.problems.add(value, "'" + format + "' is no format of an env_file; only raw is one");
}

constexpr std::array kEnvFile{
    Field<EnvFile>{"path", read_text<&EnvFile::path>},
    Field<EnvFile>{"required", read_boolean<&EnvFile::required>},
    Field<EnvFile>{"format", read_format},
};

// What an env file may use: the variables, then what the service's own environment says plainly.
Variables env_file_variables(const Reading& reading, const Yaml* environment) {
  Variables out = reading.variables;
  if (environment == nullptr) return out;
  const auto take = [&out](const std::string& name, const std::string& text, const Variables& variables) {
    const Interpolated done = interpolate(text, variables);
    const bool known = out.values.count(name) > 0 || out.secrets.count(name) > 0;
    if (!known && !done.error && !done.value.tainted()) out.values[name] = done.value.plain();
  };
  for (const Yaml& item : environment->items) {
    const auto equals = item.text.find('=');
    if (equals != std::string::npos)
      take(item.text.substr(0, equals), item.text.substr(equals + 1), reading.variables);
  }
  for (const Yaml::Entry& entry : environment->entries) {
    if (entry.value.is_scalar()) take(entry.key, entry.value.text, reading.variables);
  }
  return out;
}

// A tracked, unencrypted file of the repository.
void read_file(Reading& reading, const Yaml& where, const EnvFile& item, const Variables& variables,
               const std::string& path, Draft& draft) {
  const auto full = reading.context.place(item.path, reading.context.directory);
  const auto content = full ? reading.tree.read(*full) : std::nullopt;
  if (!content) {
    if (!item.required && full && !path_fault(reading.tree, *full)) {
      reading.note(where.where(), "the file '" + item.path + "' is not required and not there: left out");
      return;
    }
    reading.problems.add(
        where, absence(reading.tree, full.value_or(""),
                       "there is no file '" + item.path + "' in the repository beside the Compose file"));
    return;
  }
  if (reading.context.ciphertexts.count(*full) > 0 || content->find("\nsops_mac=") != std::string::npos) {
    reading.problems.add(where,
                         "'" + item.path +
                             "' is encrypted, and env_file cannot take secrets in this version; name its "
                             "variables under 'environment', without values");
    return;
  }
  const Dotenv file = item.raw ? parse_raw_env(*content, *full) : parse_dotenv(*content, *full, variables);
  if (file.error) {
    reading.problems.add(file.error->where, file.error->message);
    return;
  }
  for (const DotenvEntry& entry : file.entries) {
    Yaml place = where;
    place.file = std::make_shared<const std::string>(*full);
    place.line = entry.line;
    place.column = 1;
    if (entry.value) {
      set(reading, place, path, entry.name, *entry.value, draft);
    } else {
      inherit(reading, place, path, entry.name, draft);
    }
  }
  for (const std::string& name : file.unset)
    reading.project.unset_variables.emplace(name, Location{*full, 0, 0});
  reading.project.secret_variables.insert(file.secrets.begin(), file.secrets.end());
}

void read_file_item(Reading& reading, const Yaml& item, const Variables& variables, const std::string& path,
                    Draft& draft) {
  EnvFile out;
  if (item.is_mapping()) {
    read_fields<EnvFile>(reading, item, "env_file", path, kEnvFile, out);
  } else {
    out.path = reading.plain(item, path);
  }
  if (out.path.empty()) {
    reading.problems.add(item, "key 'path' is missing here");
    return;
  }
  const Yaml* place = item.find("path");
  read_file(reading, place == nullptr ? item : *place, out, variables, path, draft);
}

}  // namespace

void read_environment(Reading& reading, const Yaml& service, const std::string& path, Draft& draft) {
  const std::string here = path + ".environment";
  const Yaml* value = service.find("environment");  // wins over env_file
  if (const Yaml* files = service.find("env_file"); files != nullptr && !files->is_null()) {
    const Variables variables = env_file_variables(reading, value);
    if (files->is_sequence()) {
      for (const Yaml& item : files->items) read_file_item(reading, item, variables, here, draft);
    } else {
      read_file_item(reading, *files, variables, here, draft);
    }
  }
  if (value == nullptr || value->is_null()) return;
  if (value->is_sequence()) {
    for (const Yaml& item : value->items) read_item(reading, item, here, draft);
    return;
  }
  if (!reading.expect_mapping(*value)) return;
  for (const Yaml::Entry& entry : value->entries) {
    if (entry.value.is_null()) {
      Yaml place = entry.value;
      place.line = entry.line;
      place.column = entry.column;
      inherit(reading, place, here, entry.key, draft);
    } else {
      set(reading, entry.value, here, entry.key, reading.text(entry.value), draft);
    }
  }
}

}  // namespace hwcsync::compose
