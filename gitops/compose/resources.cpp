#include "gitops/compose/fields.hpp"

#include <algorithm>
#include <array>

// Networks and volumes: the top-level sections.
namespace hwcsync::compose {
namespace {

bool is_resource_name(const std::string& name) {
  return !name.empty() && name.front() != '-' && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
  });
}

bool is_subnet(const std::string& text) {
  const auto slash = text.find('/');
  return slash != std::string::npos && is_address(text.substr(0, slash)) && slash + 1 < text.size() &&
         text.find_first_not_of("0123456789", slash + 1) == std::string::npos;
}

template <std::string AddressRange::*Member>
void subnet(Reading& reading, const Yaml& value, const std::string& path, AddressRange& out) {
  out.*Member = reading.plain(value, path);
  if (value.is_scalar() && !is_subnet(out.*Member))
    reading.problems.add(value, "'" + out.*Member + "' is no subnet such as 10.89.0.0/24");
}

void read_gateway(Reading& reading, const Yaml& value, const std::string& path, AddressRange& out) {
  out.gateway = reading.plain(value, path);
  if (value.is_scalar() && !is_address(out.gateway))
    reading.problems.add(value, "'" + out.gateway + "' is no IP address");
}

constexpr std::array kRange{
    Field<AddressRange>{"subnet", subnet<&AddressRange::subnet>},
    Field<AddressRange>{"ip_range", subnet<&AddressRange::ip_range>},
    Field<AddressRange>{"gateway", read_gateway},
    Field<AddressRange>{"aux_addresses", read_map<&AddressRange::aux_addresses>},
};

void read_ranges(Reading& reading, const Yaml& value, const std::string& path, Network& out) {
  if (!value.is_sequence()) {
    reading.problems.add(value, "expected a list, found " + std::string(value.kind_name()));
    return;
  }
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    AddressRange range;
    read_fields<AddressRange>(reading, value.items[i], "network's ipam.config",
                              path + '[' + std::to_string(i) + ']', kRange, range);
    const bool alone = range.subnet.empty() && !(range.ip_range.empty() && range.gateway.empty());
    if (alone) reading.problems.add(value.items[i], "'ip_range' and 'gateway' need the 'subnet' they are in");
    if (!(range == AddressRange{})) out.ipam.push_back(std::move(range));
  }
}

constexpr std::array kIpam{
    Field<Network>{"driver", read_text<&Network::ipam_driver>},
    Field<Network>{"config", read_ranges},
    Field<Network>{"options", read_map<&Network::ipam_options>},
};

void read_driver(Reading& reading, const Yaml& value, const std::string& path, Network& out) {
  out.driver = reading.plain(value, path);
  if (out.driver == "overlay" || out.driver == "host" || out.driver == "none") {
    reading.limit_both(value, path + " is " + out.driver +
                                  ", which podman makes no network of; use bridge, macvlan or ipvlan" +
                                  (out.driver == "overlay" ? "" : ", or network_mode of the service"));
  }
}

// What a section says about the name of a thing that may be somebody else's.
template <class T>
struct Named {
  T item;
  std::string name;
  External external;
};

template <class T>
void read_external(Reading& reading, const Yaml& value, const std::string& path, Named<T>& out) {
  out.external = reading.external(value, path);
}

constexpr std::array kNamedNetwork{
    Field<Named<Network>>{"name", read_text<&Named<Network>::name>},
    Field<Named<Network>>{"external", read_external<Network>},
};
constexpr std::array kNetwork{
    Field<Network>{"driver", read_driver},
    Field<Network>{"driver_opts", read_map<&Network::driver_opts>},
    Field<Network>{"ipam",
                   [](Reading& reading, const Yaml& value, const std::string& path, Network& out) {
                     read_fields<Network>(reading, value, "network's ipam", path, kIpam, out);
                   }},
    Field<Network>{"enable_ipv4", [](Reading& reading, const Yaml& value, const std::string& path,
                                     Network& out) { out.enable_ipv4 = reading.boolean(value, path); }},
    Field<Network>{"enable_ipv6", [](Reading& reading, const Yaml& value, const std::string& path,
                                     Network& out) { out.enable_ipv6 = reading.boolean(value, path); }},
    Field<Network>{"internal", read_boolean<&Network::internal>},
    Field<Network>{"attachable", read_boolean<&Network::attachable>},
    Field<Network>{"labels", read_map<&Network::labels>},
};

constexpr std::array kNamedVolume{
    Field<Named<Volume>>{"name", read_text<&Named<Volume>::name>},
    Field<Named<Volume>>{"external", read_external<Volume>},
};
constexpr std::array kVolume{
    Field<Volume>{"driver", read_text<&Volume::driver>},
    Field<Volume>{"driver_opts", read_provider_map<&Volume::driver_opts>},
    Field<Volume>{"labels", read_map<&Volume::labels>},
};

// `what`: "network", "volume".
template <class T>
T read_named(Reading& reading, const std::string& key, const Yaml& value, const std::string& what,
             Fields<Named<T>> named, Fields<T> own) {
  Named<T> out;
  const std::string path = what + "s." + key;
  std::vector<std::string> others;
  if (!value.is_null() && !reading.expect_mapping(value)) return out.item;
  for (const Yaml::Entry& entry : value.entries) {
    if (!reading.takes(value, entry, what, path)) continue;
    if (read_field(reading, entry, path, named, out)) continue;
    read_field(reading, entry, path, own, out.item);
    others.push_back(entry.key);
  }
  T& item = out.item;
  item.key = key;
  item.external = out.external.external;
  item.name = out.external.name.value_or(out.name);
  if (out.external.name && !out.name.empty())
    reading.problems.add(value, "the " + what + " '" + key + "' has two names, 'name' and 'external.name'");
  if (item.name.empty()) item.name = item.external ? key : reading.project.name + '_' + key;
  if (!is_resource_name(item.name))
    reading.problems.add(value, "'" + item.name + "' is no name for a " + what);
  if (item.external && !others.empty()) {
    reading.problems.add(
        value, "an external " + what + " takes nothing but a name, and has '" + others.front() + "'");
  }
  return item;
}

}  // namespace

void read_networks(Reading& reading, const Yaml& value) {
  if (!reading.expect_mapping(value)) return;
  for (const Yaml::Entry& entry : value.entries) {
    reading.project.networks.emplace(
        entry.key, read_named<Network>(reading, entry.key, entry.value, "network", kNamedNetwork, kNetwork));
  }
}

void read_volumes(Reading& reading, const Yaml& value) {
  if (!reading.expect_mapping(value)) return;
  for (const Yaml::Entry& entry : value.entries) {
    reading.project.volumes.emplace(
        entry.key, read_named<Volume>(reading, entry.key, entry.value, "volume", kNamedVolume, kVolume));
  }
}

}  // namespace hwcsync::compose
