#pragma once

#include "gitops/compose/template.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

// What stands beside the services in a Compose file.
namespace hwcsync::compose {

// One address range of a network, as podman takes them together.
struct AddressRange {
  std::string subnet;
  std::string ip_range;
  std::string gateway;
  std::map<std::string, std::string> aux_addresses;
  bool operator==(const AddressRange&) const = default;
};

struct Network {
  std::string key;
  std::string name;  // as podman knows it
  bool external = false;
  std::string driver;
  std::map<std::string, std::string> driver_opts;
  std::string ipam_driver;
  std::vector<AddressRange> ipam;
  std::map<std::string, std::string> ipam_options;
  std::optional<bool> enable_ipv4;
  std::optional<bool> enable_ipv6;
  bool internal = false;
  bool attachable = false;
  std::map<std::string, std::string> labels;
  bool operator==(const Network&) const = default;
};

struct Volume {
  std::string key;
  std::string name;
  bool external = false;
  std::string driver;
  std::map<std::string, Template> driver_opts;  // a password of a network share may be among them
  std::map<std::string, std::string> labels;
  bool operator==(const Volume&) const = default;
};

// A top-level config: a tracked file of the stack, or text (`content`, or the value of `environment`).
struct Config {
  std::string key;
  std::string name;
  bool external = false;
  std::string file;  // below the stack's directory, also among Project::assets; empty: `content` counts
  Template content;
  bool operator==(const Config&) const = default;
};

}  // namespace hwcsync::compose
