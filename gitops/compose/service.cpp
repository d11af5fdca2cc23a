#include "gitops/compose/dotenv.hpp"
#include "gitops/compose/fields.hpp"
#include "gitops/compose/files.hpp"
#include "gitops/compose/units.hpp"
#include "src/base/hash.hpp"
#include "src/base/text.hpp"

#include <algorithm>
#include <array>

namespace hwcsync::compose {
namespace {

bool all_of(const std::string& text, std::string_view extra) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           extra.find(c) != std::string_view::npos;
  });
}

std::vector<std::string> texts(const std::vector<Template>& words) {
  std::vector<std::string> out;
  for (const Template& word : words) out.push_back(word.tainted() ? word.compose_text() : word.plain());
  return out;
}

void read_image(Reading& reading, const Yaml& value, const std::string& path, Draft& draft) {
  Service& service = draft.service;
  service.image = reading.plain(value, path);
  service.image_where = value.where();
  // nixpkgs' module puts the image into a shell script without quotes, so the letters are checked here. A
  // first
  // '-' would make it an option of podman.
  if (!service.image.empty() &&
      (!all_of(service.image, "._/:@-+") || !all_of(service.image.substr(0, 1), "") ||
       std::string_view(":@/").find(service.image.back()) != std::string_view::npos)) {
    reading.problems.add(value, "'" + service.image + "' is no name of an image" +
                                    (service.image.back() == ':' ? ": its tag is empty" : ""));
  }
}

void read_container_name(Reading& reading, const Yaml& value, const std::string& path, Draft& draft) {
  std::string& name = draft.service.container_name;
  name = reading.plain(value, path);
  if (!name.empty() && (!all_of(name, "_.-") || name.size() < 2 ||
                        std::string_view("_.-").find(name[0]) != std::string_view::npos)) {
    reading.problems.add(value, "'" + name + "' is no name of a container");
  }
}

void set_label(Reading& reading, const Yaml& where, const std::string& key, Template text, Draft& draft) {
  if (key.empty() || key.rfind("com.docker.compose", 0) == 0 || key.rfind("io.hwcsync.", 0) == 0) {
    reading.problems.add(where, "the label '" + key + "' is not for a Compose file to set");
    return;
  }
  draft.service.labels[key] = text.tainted() ? text.compose_text() : text.plain();
  draft.labels[key] = std::move(text);
}

void read_labels(Reading& reading, const Yaml& value, const std::string& path, Draft& draft) {
  for (auto& [key, text] : reading.provider_map(value, path))
    set_label(reading, value, key, std::move(text), draft);
}

// Before `labels`, which win.
void read_label_files(Reading& reading, const Yaml& value, const std::string& path, Draft& draft) {
  for (const std::string& name : reading.one_or_many(value, path)) {
    const auto full = reading.context.place(name, reading.context.directory);
    const auto content = full ? reading.tree.read(*full) : std::nullopt;
    if (!content) {
      reading.problems.add(
          value, absence(reading.tree, full.value_or(""),
                         "there is no file '" + name + "' in the repository beside the Compose file"));
      continue;
    }
    if (reading.context.ciphertexts.count(*full) > 0) {
      reading.problems.add(value, "'" + name + "' is encrypted; labels are no place for secrets");
      continue;
    }
    const Dotenv file = parse_dotenv(*content, *full, reading.variables);
    if (file.error) reading.problems.add(file.error->where, file.error->message);
    for (const DotenvEntry& entry : file.entries) {
      if (entry.value && entry.value->tainted()) {
        reading.limit(Limit::Of::containers, value,
                      "a secret reaches the label '" + entry.name + "' through " + *full + ':' +
                          std::to_string(entry.line) +
                          "; in style oci a secret may only stand in environment, or be a file");
      }
      set_label(reading, value, entry.name, entry.value.value_or(Template{}), draft);
    }
    reading.project.secret_variables.insert(file.secrets.begin(), file.secrets.end());
  }
}

void read_restart(Reading& reading, const Yaml& value, const std::string& path, Draft& draft) {
  std::string& word = draft.service.restart;
  word = reading.plain(value, path);
  const bool counted = word.rfind("on-failure:", 0) == 0 && word.size() > 11 &&
                       word.find_first_not_of("0123456789", 11) == std::string::npos && word.size() <= 20;
  // Empty is a variable that is not set: as without the key.
  if (!word.empty() && word != "no" && word != "always" && word != "on-failure" && word != "unless-stopped" &&
      !counted) {
    reading.problems.add(
        value, "expected one of no, always, on-failure, on-failure:N, unless-stopped, found '" + word + "'");
  }
}

void read_pull_policy(Reading& reading, const Yaml& value, const std::string& path, Draft& draft) {
  std::string& word = draft.service.pull_policy;
  word = reading.plain(value, path);
  if (word == "if_not_present") word = "missing";
  const bool known = word == "always" || word == "never" || word == "missing" || word == "build" ||
                     word == "daily" || word == "weekly" || word == "refresh" ||
                     (word.rfind("every_", 0) == 0 && duration_microseconds(word.substr(6)));
  if (!known && value.is_scalar()) {
    reading.problems.add(value,
                         "expected one of always, never, missing, if_not_present, build, daily, weekly, "
                         "every_<duration>, found '" +
                             word + "'");
  }
  if (word == "build" && reading.context.builds == Context::Builds::refused)
    reading.limit_both(value, path + " says build, which needs 'build: true' in stack.yaml");
}

void read_volumes_from(Reading& reading, const Yaml& value, const std::string& path, Draft& draft) {
  for (const std::string& text : reading.plain_list(value, path)) {
    std::vector<std::string> words = split(text, ':');
    VolumesFrom from;
    if (words.front() == "container") {
      from.container = true;
      words.erase(words.begin());
    }
    if (words.size() > 1 && (words.back() == "ro" || words.back() == "rw")) {
      from.read_only = words.back() == "ro";
      words.pop_back();
    }
    if (words.size() != 1 || words.front().empty()) {
      reading.problems.add(value,
                           "expected SERVICE[:ro|:rw] or container:NAME[:ro|:rw], found '" + text + "'");
      continue;
    }
    from.from = words.front();
    draft.service.volumes_from.push_back(std::move(from));
  }
}

// Where each grant stands, as long as all could be read.
void note_places(const Yaml& value, const std::vector<Grant>& grants, Draft& draft) {
  if (grants.size() != value.items.size()) return;
  for (std::size_t i = 0; i < grants.size(); ++i)
    draft.places.emplace(grants[i].target, value.items[i].where());
}

void read_secrets_of(Reading& reading, const Yaml& value, const std::string& path, Draft& draft) {
  draft.service.secrets = read_grants(reading, value, path, "/run/secrets/");
  note_places(value, draft.service.secrets, draft);
}

void read_configs_of(Reading& reading, const Yaml& value, const std::string& path, Draft& draft) {
  draft.service.configs = read_grants(reading, value, path, "/");
  note_places(value, draft.service.configs, draft);
  if (reading.context.setting == Context::Setting::plain) return;
  // The provider compares models, not contents, so a changed content must change the model.
  for (const Grant& grant : draft.service.configs) {
    const auto found = reading.project.configs.find(grant.source);
    if (found == reading.project.configs.end()) continue;
    const Config& config = found->second;
    const bool file = !config.file.empty();
    if (file) draft.service.assets.insert(config.file);
    const std::string label = file ? "io.hwcsync.asset." + config.file : "io.hwcsync.config." + config.key;
    std::string content = file ? reading.project.assets[config.file] : config.content.compose_text();
    // The file is replaced, and who has it open goes on with the old one.
    if (const std::string owner = grant.uid + ':' + grant.gid + ':' + grant.mode; owner != "::")
      content += owner;
    const std::string hash = sha256_hex(content).substr(0, 12);
    draft.service.labels[label] = hash;
    draft.labels[label] = Template::literal(hash);
  }
}

void read_scale(Reading& reading, const Yaml& value, const std::string& path, Draft& draft) {
  draft.service.scale = reading.integer(value, path).value_or(1);
}

constexpr std::array kDraft{
    Field<Draft>{"image", read_image},
    Field<Draft>{"build", read_build},
    Field<Draft>{"container_name", read_container_name},
    Field<Draft>{"command",
                 [](Reading& reading, const Yaml& value, const std::string& path, Draft& draft) {
                   draft.command = reading.command(value, path);
                   draft.service.command = texts(*draft.command);
                 }},
    Field<Draft>{"entrypoint",
                 [](Reading& reading, const Yaml& value, const std::string& path, Draft& draft) {
                   draft.entrypoint = reading.command(value, path);
                   draft.service.entrypoint = texts(*draft.entrypoint);
                 }},
    Field<Draft>{"labels", read_labels},
    Field<Draft>{"ports", read_ports},
    Field<Draft>{"volumes", read_mounts},
    Field<Draft>{"tmpfs", read_tmpfs},
    Field<Draft>{"volumes_from", read_volumes_from},
    Field<Draft>{"depends_on", read_dependencies},
    Field<Draft>{"healthcheck", read_health_check},
    Field<Draft>{"secrets", read_secrets_of},
    Field<Draft>{"configs", read_configs_of},
    Field<Draft>{"restart", read_restart},
    Field<Draft>{"pull_policy", read_pull_policy},
    Field<Draft>{"scale", read_scale},
};

// What two keys say together.
void check_service(Reading& reading, const Service& service) {
  const std::string name = "the service '" + service.name + "'";
  const auto fault = [&](const std::string& message) { reading.problems.add(service.where, name + message); };
  const bool shares = service.network_mode == "host" || service.network_mode.find(':') != std::string::npos;
  if (!service.network_mode.empty() && !service.networks.empty())
    fault(" has network_mode and networks; only one can be");
  if (shares && !service.ports.empty())
    fault(" has ports, but network_mode '" + service.network_mode + "' cannot publish any");
  if (service.scale > 1 && !service.container_name.empty())
    fault(" has container_name and more than one container; only one can have a name");
  if (service.scale == 1) return;
  reading.project.limits.push_back(
      {Limit::Of::containers,
       {service.where, name + " asks for " + std::to_string(service.scale) +
                           " containers; style oci has one unit a service: use style compose, or write one "
                           "service for each"}});
}

}  // namespace

void read_service(Reading& reading, const std::string& name, const Yaml& value, Draft& draft) {
  Service& service = draft.service;
  service.name = name;
  const std::size_t before = reading.problems.list().size();
  const std::string path = "services." + name;
  for (const auto& [label, text] : reading.context.labels) {
    service.labels[label] = text;
    draft.labels[label] = Template::literal(text);
  }
  if (const Yaml* files = value.find("label_file"); files != nullptr && !files->is_null())
    read_label_files(reading, *files, path + ".label_file", draft);
  const Yaml* deploy = nullptr;  // last, because it must agree with the rest
  for (const Yaml::Entry& entry : value.entries) {
    if (!reading.takes(value, entry, "service", path)) continue;
    if (entry.key == "deploy") deploy = &entry.value;
    const bool read = read_field<Draft>(reading, entry, path, kDraft, draft) ||
                      read_field(reading, entry, path, limit_fields(), service.limits) ||
                      read_field(reading, entry, path, network_fields(), service) ||
                      read_field(reading, entry, path, device_fields(), service) ||
                      read_field(reading, entry, path, hook_fields(), service) ||
                      read_field(reading, entry, path, process_fields(), service);
    static_cast<void>(read);  // the others are read elsewhere, ignored, or refused
  }
  if (deploy != nullptr) read_deploy(reading, *deploy, path + ".deploy", value, service);
  read_environment(reading, value, path, draft);
  const bool known = reading.problems.list().size() > before;  // what is wrong with it is told already
  if (service.image.empty() && !service.build && !known)
    reading.problems.add(service.where, "the service '" + name + "' has no image");
  check_service(reading, service);
  if (service.network_mode.empty() && service.networks.empty()) service.networks = {{.key = "default"}};
}

}  // namespace hwcsync::compose
