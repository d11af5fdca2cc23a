#include "tests/nix/container_moves.hpp"

#include <map>

namespace hwcsync::test {
namespace {

const std::string kUnit = "podman-";
const std::string kSuffix = ".service";

struct Unit {
  Json text;
  std::set<std::string> needs;  // names with suffix
};
using Units = std::map<std::string, Unit>;  // without suffix

void add_names(std::set<std::string>& out, const Json& unit, const char* key) {
  if (!unit.contains(key)) return;
  for (const Json& name : unit.at(key)) out.insert(name.get<std::string>());
}

Units units_of(const Json& module) {
  Units out;
  const Json services = module.value(Json::json_pointer("/systemd/services"), Json::object());
  for (const auto& [name, unit] : services.items()) {
    Unit& one = out[name];
    one.text["unit"] = unit;
    for (const char* key : {"description", "wantedBy", "requiredBy", "reloadTriggers"})
      one.text["unit"].erase(key);
    for (const char* key : {"requires", "bindsTo", "partOf"}) add_names(one.needs, unit, key);
  }
  for (const auto& [name, unit] : services.items()) {
    std::set<std::string> needing;
    add_names(needing, unit, "requiredBy");
    for (const std::string& other : needing) {
      const auto found = out.find(other.substr(0, other.size() - kSuffix.size()));
      if (found != out.end()) found->second.needs.insert(name + kSuffix);
    }
  }
  const Json containers =
      module.value(Json::json_pointer("/virtualisation/oci-containers/containers"), Json::object());
  for (const auto& [name, container] : containers.items()) {
    Unit& one = out[kUnit + name];
    one.text["container"] = container;
    if (!container.contains("dependsOn")) continue;
    for (const Json& other : container.at("dependsOn"))
      one.needs.insert(kUnit + other.get<std::string>() + kSuffix);
  }
  return out;
}

}  // namespace

std::set<std::string> moved_containers(const Json& before, const Json& after) {
  const Units was = units_of(before);
  const Units now = units_of(after);
  std::set<std::string> moved;
  for (const auto& [name, unit] : now) {
    const auto old = was.find(name);
    const bool stays = unit.text["unit"].value("restartIfChanged", true) == false;
    if (old != was.end() && !stays && old->second.text != unit.text) moved.insert(name);
  }
  for (bool again = true; again;) {
    again = false;
    for (const auto& [name, unit] : now) {
      if (was.count(name) == 0 || moved.count(name) != 0) continue;
      for (const std::string& other : unit.needs) {
        if (moved.count(other.substr(0, other.size() - kSuffix.size())) == 0) continue;
        again = moved.insert(name).second;
        break;
      }
    }
  }
  std::set<std::string> out;
  for (const std::string& name : moved) {
    if (name.rfind(kUnit, 0) == 0) out.insert(name.substr(kUnit.size()));
  }
  return out;
}

}  // namespace hwcsync::test
