#include "gitops/compose/reading.hpp"

#include <algorithm>

// Networks, volumes and secrets: the top-level sections and how services refer to them.
namespace hwcsync::compose {
namespace {

bool is_resource_name(const std::string& name) {
  return !name.empty() && name.front() != '-' && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
  });
}

struct External {
  bool external = false;
  std::optional<std::string> name;
};

// `external: true`, or the old form `external: {name: x}`.
External read_external(Reading& reading, const Yaml& value, const std::string& path) {
  if (!value.is_mapping()) return {reading.boolean(value, path), std::nullopt};
  const Yaml* name = value.find("name");
  return {true, name == nullptr ? std::optional<std::string>() : reading.plain(*name, path + ".name")};
}

void read_ipam(Reading& reading, const Yaml& value, const std::string& path, Network& network) {
  if (!reading.expect_mapping(value)) return;
  for (const Yaml::Entry& entry : value.entries) {
    if (entry.key != "config") {
      reading.refuse_key(value, entry, "network's ipam");
      continue;
    }
    if (!entry.value.is_sequence() || entry.value.items.size() != 1 || !entry.value.items[0].is_mapping()) {
      reading.problems.add(
          entry.value, "expected a list of exactly one subnet; more is not supported by this version yet");
      continue;
    }
    const Yaml& config = entry.value.items[0];
    for (const Yaml::Entry& setting : config.entries) {
      if (setting.key == "subnet") {
        network.ipam.push_back({.subnet = reading.plain(setting.value, path + ".config[0].subnet")});
      } else {
        reading.refuse_key(config, setting, "network's ipam.config");
      }
    }
  }
}

Network read_network(Reading& reading, const std::string& key, const Yaml& value) {
  Network out;
  out.key = key;
  const std::string path = "networks." + key;
  std::string name;
  if (!value.is_null() && !reading.expect_mapping(value)) return out;
  for (const Yaml::Entry& entry : value.entries) {
    const std::string here = path + '.' + entry.key;
    if (is_extension(entry.key) || entry.value.is_null()) continue;
    if (entry.key == "name") {
      name = reading.plain(entry.value, here);
    } else if (entry.key == "external") {
      const External given = read_external(reading, entry.value, here);
      out.external = given.external;
      name = given.name.value_or(name);
    } else if (entry.key == "driver") {
      out.driver = reading.plain(entry.value, here);
    } else if (entry.key == "internal") {
      out.internal = reading.boolean(entry.value, here);
    } else if (entry.key == "ipam") {
      read_ipam(reading, entry.value, here, out);
    } else {
      reading.refuse_key(value, entry, "network");
    }
  }
  if (name.empty()) name = out.external ? key : reading.project.name + '_' + key;
  out.name = name;
  if (!is_resource_name(out.name)) reading.problems.add(value, "'" + out.name + "' is no name for a network");
  if (out.external && (!out.driver.empty() || !out.ipam.empty() || out.internal)) {
    reading.problems.add(value, "an external network takes nothing but a name");
  }
  return out;
}

}  // namespace

void read_networks(Reading& reading, const Yaml& value) {
  if (!reading.expect_mapping(value)) return;
  for (const Yaml::Entry& entry : value.entries) {
    if (is_extension(entry.key)) continue;
    reading.project.networks.emplace(entry.key, read_network(reading, entry.key, entry.value));
  }
}

void read_volumes(Reading& reading, const Yaml& value) {
  if (!reading.expect_mapping(value)) return;
  for (const Yaml::Entry& volume : value.entries) {
    if (is_extension(volume.key)) continue;
    Volume out;
    out.key = volume.key;
    std::string name;
    if (!volume.value.is_null() && !reading.expect_mapping(volume.value)) continue;
    for (const Yaml::Entry& entry : volume.value.entries) {
      const std::string here = "volumes." + volume.key + '.' + entry.key;
      if (is_extension(entry.key) || entry.value.is_null()) continue;
      if (entry.key == "name") {
        name = reading.plain(entry.value, here);
      } else if (entry.key == "external") {
        const External external = read_external(reading, entry.value, here);
        out.external = external.external;
        name = external.name.value_or(name);
      } else if (entry.key == "driver" && reading.plain(entry.value, here) == "local") {
        reading.note(key_location(volume.value, entry), here + " is the default: ignored");
      } else {
        reading.refuse_key(volume.value, entry, "volume");
      }
    }
    if (name.empty()) name = out.external ? volume.key : reading.project.name + '_' + volume.key;
    out.name = name;
    if (!is_resource_name(out.name))
      reading.problems.add(volume.value, "'" + out.name + "' is no name for a volume");
    reading.project.volumes.emplace(volume.key, std::move(out));
  }
}

std::map<std::string, std::string> read_secrets(Reading& reading, const Yaml& value) {
  std::map<std::string, std::string> out;
  if (!reading.expect_mapping(value)) return out;
  for (const Yaml::Entry& secret : value.entries) {
    if (is_extension(secret.key)) continue;
    const Location where = key_location(value, secret);
    std::string name = secret.key;
    bool given = false;
    if (!secret.value.is_null() && !reading.expect_mapping(secret.value)) continue;
    for (const Yaml::Entry& entry : secret.value.entries) {
      const std::string here = "secrets." + secret.key + '.' + entry.key;
      if (entry.key == "external") {
        const External external = read_external(reading, entry.value, here);
        given = given || external.external;
        name = external.name.value_or(name);
      } else if (entry.key == "file") {
        // Only a place-holder: what is shown in its stead is the stack's secret of the same name.
        (void)reading.plain(entry.value, here);
        given = true;
      } else if (entry.key == "name") {
        name = reading.plain(entry.value, here);
      } else if (!is_extension(entry.key)) {
        reading.refuse_key(secret.value, entry, "secret");
      }
    }
    if (!given) {
      reading.problems.add(where, "the secret '" + secret.key +
                                      "' needs 'external: true'; its source is declared in stack.yaml");
    } else if (reading.context.secret_files.count(name) == 0) {
      reading.problems.add(where, "the secret '" + name + "' is not declared under 'secrets' in stack.yaml");
    } else {
      out.emplace(secret.key, name);
    }
  }
  return out;
}

void read_service_networks(Reading& reading, const Yaml& value, const std::string& path, Draft& draft) {
  if (value.is_sequence()) {
    for (const std::string& key : reading.plain_list(value, path))
      draft.service.networks.push_back({.key = key});
    return;
  }
  if (!reading.expect_mapping(value)) return;
  for (const Yaml::Entry& entry : value.entries) {
    draft.service.networks.push_back({.key = entry.key});
    if (!entry.value.is_null() && !reading.expect_mapping(entry.value)) continue;
    for (const Yaml::Entry& setting : entry.value.entries) {
      reading.refuse_key(entry.value, setting, "service's network");
    }
  }
}

void read_grants(Reading& reading, const Yaml& value, const std::string& path, Draft& draft) {
  if (!value.is_sequence()) {
    reading.problems.add(value, "expected a list, found " + std::string(value.kind_name()));
    return;
  }
  for (const Yaml& item : value.items) {
    Grant grant;
    if (item.is_mapping()) {
      for (const Yaml::Entry& entry : item.entries) {
        if (entry.key == "source") {
          grant.source = reading.plain(entry.value, path);
        } else if (entry.key == "target") {
          grant.target = reading.plain(entry.value, path);
        } else if (!is_extension(entry.key)) {
          reading.refuse_key(item, entry, "grant");
        }
      }
    } else {
      grant.source = reading.plain(item, path);
    }
    if (grant.source.empty()) {
      reading.problems.add(item, "key 'source' is missing here");
      continue;
    }
    if (grant.target.empty()) grant.target = grant.source;
    if (grant.target.front() != '/') grant.target = "/run/secrets/" + grant.target;
    draft.service.secrets.push_back(std::move(grant));
  }
}

}  // namespace hwcsync::compose
