#include "gitops/compose/reading.hpp"
#include "gitops/compose/words.hpp"

#include <algorithm>
#include <map>

namespace hwcsync::compose {
namespace {

using Reader = void (*)(Reading& reading, const Yaml& value, const std::string& path, Draft& draft);

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

// A list as it stands, or a line that is split into words.
std::vector<Template> read_words(Reading& reading, const Yaml& value, const std::string& path) {
  if (value.is_sequence()) return reading.provider_list(value, path);
  const auto words = split_words(reading.provider_text(value, path));
  if (!words) reading.problems.add(value, "a quote in this command line has no end");
  return words.value_or(std::vector<Template>{});
}

void read_image(Reading& reading, const Yaml& value, const std::string& path, Draft& draft) {
  Service& service = draft.service;
  service.image = reading.plain(value, path);
  service.image_where = value.where();
  // nixpkgs' module puts the image into a shell script without quotes, so the letters are checked here. A
  // first
  // '-' would make it an option of podman.
  if (!service.image.empty() &&
      (!all_of(service.image, "._/:@-+") || !all_of(service.image.substr(0, 1), ""))) {
    reading.problems.add(value, "'" + service.image + "' is no name of an image");
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

void read_labels(Reading& reading, const Yaml& value, const std::string& path, Draft& draft) {
  const auto set = [&](const Yaml& where, const std::string& key, Template text) {
    if (key.empty() || key.rfind("com.docker.compose", 0) == 0 || key.rfind("io.hwcsync.", 0) == 0) {
      reading.problems.add(where, "the label '" + key + "' is not for a Compose file to set");
      return;
    }
    draft.service.labels[key] = text.tainted() ? text.compose_text() : text.plain();
    draft.labels[key] = std::move(text);
  };
  if (value.is_sequence()) {
    for (std::size_t i = 0; i < value.items.size(); ++i) {
      const Yaml& item = value.items[i];
      const Template line = reading.provider_text(item, path + '[' + std::to_string(i) + ']');
      if (line.parts.empty()) continue;
      const auto* first = std::get_if<TextPart>(&line.parts.front());
      if (first == nullptr) {
        reading.problems.add(item, "the name of a label may not come from a secret");
        continue;
      }
      const auto equals = first->text.find('=');
      Template text = Template::literal(equals == std::string::npos ? "" : first->text.substr(equals + 1));
      text.parts.insert(text.parts.end(), line.parts.begin() + 1, line.parts.end());
      set(item, first->text.substr(0, equals), std::move(text));
    }
    return;
  }
  if (!reading.expect_mapping(value)) return;
  for (const Yaml::Entry& entry : value.entries) {
    set(entry.value, entry.key,
        entry.value.is_null() ? Template{} : reading.provider_text(entry.value, path + '.' + entry.key));
  }
}

void read_restart(Reading& reading, const Yaml& value, const std::string& path, Draft& draft) {
  std::string& word = draft.service.restart;
  word = reading.plain(value, path);
  const bool counted = word.rfind("on-failure:", 0) == 0 && word.size() > 11 &&
                       word.find_first_not_of("0123456789", 11) == std::string::npos;
  if (word != "no" && word != "always" && word != "on-failure" && word != "unless-stopped" && !counted) {
    reading.problems.add(
        value, "expected one of no, always, on-failure, on-failure:N, unless-stopped, found '" + word + "'");
  }
}

void read_hosts(Reading& reading, const Yaml& value, const std::string& path, Draft& draft) {
  auto& out = draft.service.extra_hosts;
  if (value.is_mapping()) {
    for (const Yaml::Entry& entry : value.entries) {
      for (const std::string& address : reading.one_or_many(entry.value, path))
        out.push_back(entry.key + ':' + address);
    }
    return;
  }
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    std::string host = reading.plain(value.items[i], path + '[' + std::to_string(i) + ']');
    const auto at = host.find_first_of("=:");
    if (at == std::string::npos) {
      reading.problems.add(value.items[i], "expected 'host:address', found '" + host + "'");
      continue;
    }
    host[at] = ':';
    out.push_back(std::move(host));
  }
  if (!value.is_sequence())
    reading.problems.add(value, "expected a list, found " + std::string(value.kind_name()));
}

void read_cpus(Reading& reading, const Yaml& value, const std::string& path, Draft& draft) {
  std::string& word = draft.service.limits.cpus;
  word = reading.plain(value, path);
  const bool number = !word.empty() && word.find_first_not_of("0123456789.") == std::string::npos &&
                      std::count(word.begin(), word.end(), '.') <= 1 && word != ".";
  if (!number && value.is_scalar())
    reading.problems.add(value, "expected a number such as 1.5, found '" + word + "'");
}

template <std::string Service::*Member>
void plain(Reading& reading, const Yaml& value, const std::string& path, Draft& draft) {
  draft.service.*Member = reading.plain(value, path);
}
template <std::string Service::*Member>
void duration(Reading& reading, const Yaml& value, const std::string& path, Draft& draft) {
  draft.service.*Member = reading.duration(value, path);
}
template <std::string Limits::*Member>
void size(Reading& reading, const Yaml& value, const std::string& path, Draft& draft) {
  draft.service.limits.*Member = reading.size(value, path);
}
template <bool Service::*Member>
void boolean(Reading& reading, const Yaml& value, const std::string& path, Draft& draft) {
  draft.service.*Member = reading.boolean(value, path);
}
template <std::vector<std::string> Service::*Member>
void list(Reading& reading, const Yaml& value, const std::string& path, Draft& draft) {
  draft.service.*Member = reading.plain_list(value, path);
}
template <std::vector<std::string> Service::*Member>
void one_or_many(Reading& reading, const Yaml& value, const std::string& path, Draft& draft) {
  draft.service.*Member = reading.one_or_many(value, path);
}

void nothing(Reading& /*reading*/, const Yaml& /*value*/, const std::string& /*path*/, Draft& /*draft*/) {}

const std::map<std::string, Reader>& readers() {
  static const std::map<std::string, Reader> table{
      {"image", read_image},
      {"container_name", read_container_name},
      {"command",
       [](Reading& reading, const Yaml& value, const std::string& path, Draft& draft) {
         draft.command = read_words(reading, value, path);
         draft.service.command = texts(*draft.command);
       }},
      {"entrypoint",
       [](Reading& reading, const Yaml& value, const std::string& path, Draft& draft) {
         draft.entrypoint = read_words(reading, value, path);
         draft.service.entrypoint = texts(*draft.entrypoint);
       }},
      {"env_file", nothing},  // read together with environment, because their order matters
      {"environment", nothing},
      {"profiles", nothing},  // read before the service is
      {"labels", read_labels},
      {"ports", read_ports},
      {"volumes", read_mounts},
      {"networks", read_service_networks},
      {"network_mode", plain<&Service::network_mode>},
      {"depends_on", read_dependencies},
      {"healthcheck", read_health_check},
      {"secrets", read_grants},
      {"restart", read_restart},
      {"user", plain<&Service::user>},
      {"working_dir", plain<&Service::working_dir>},
      {"hostname", plain<&Service::hostname>},
      {"cap_add", list<&Service::cap_add>},
      {"cap_drop", list<&Service::cap_drop>},
      {"devices", list<&Service::devices>},
      {"tmpfs", one_or_many<&Service::tmpfs>},
      {"security_opt", list<&Service::security_opt>},
      {"extra_hosts", read_hosts},
      {"dns", one_or_many<&Service::dns>},
      {"shm_size", size<&Limits::shm_size>},
      {"stop_grace_period", duration<&Service::stop_grace_period>},
      {"mem_limit", size<&Limits::memory>},
      {"cpus", read_cpus},
      {"read_only", boolean<&Service::read_only>},
      {"privileged", boolean<&Service::privileged>},
      {"init", boolean<&Service::init>},
      {"tty", boolean<&Service::tty>},
  };
  return table;
}

}  // namespace

void read_service(Reading& reading, const std::string& name, const Yaml& value, Draft& draft) {
  Service& service = draft.service;
  service.name = name;
  const std::string path = "services." + name;
  for (const auto& [label, text] : reading.context.labels) {
    service.labels[label] = text;
    draft.labels[label] = Template::literal(text);
  }
  for (const Yaml::Entry& entry : value.entries) {
    if (is_extension(entry.key)) continue;
    const auto reader = readers().find(entry.key);
    if (reader == readers().end()) {
      reading.refuse_key(value, entry, "service");
    } else if (!entry.value.is_null()) {  // Compose takes a key without a value as an absent one
      reader->second(reading, entry.value, path + '.' + entry.key, draft);
    }
  }
  read_environment(reading, value, path, draft);
  if (value.find("image") == nullptr || value.find("image")->is_null()) {
    reading.problems.add(service.where, "the service '" + name + "' has no image");
  }
  const bool shares = service.network_mode == "host" || service.network_mode.find(':') != std::string::npos;
  if (!service.network_mode.empty() && !service.networks.empty()) {
    reading.problems.add(service.where,
                         "the service '" + name + "' has network_mode and networks; only one can be");
  }
  if (shares && !service.ports.empty()) {
    reading.problems.add(service.where, "the service '" + name + "' has ports, but network_mode '" +
                                            service.network_mode + "' cannot publish any");
  }
  if (service.network_mode.empty() && service.networks.empty()) service.networks = {{.key = "default"}};
}

}  // namespace hwcsync::compose
