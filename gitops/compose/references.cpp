#include "gitops/compose/reading.hpp"
#include "src/base/text.hpp"

#include <algorithm>

namespace hwcsync::compose {
namespace {

template <class Map>
std::vector<std::string> names(const Map& map) {
  std::vector<std::string> out;
  for (const auto& [name, value] : map) out.push_back(name);
  return out;
}

// Follows depends_on and shared network namespaces; a service that is met again on its own path is a cycle.
class Cycles {
 public:
  explicit Cycles(Reading& reading) : reading_(reading) {}

  void walk(const std::string& name) {
    const auto found = reading_.project.services.find(name);
    if (found == reading_.project.services.end() || done_.count(name) > 0) return;
    const auto at = std::find(path_.begin(), path_.end(), name);
    if (at != path_.end()) {
      std::vector<std::string> circle(at, path_.end());
      circle.push_back(name);
      reading_.problems.add(found->second.where, "services wait for each other: " + join(circle, " -> "));
      return;
    }
    path_.push_back(name);
    for (const auto& [dependency, how] : found->second.depends_on) walk(dependency);
    for (const std::string& needed : found->second.implied_dependencies()) walk(needed);
    path_.pop_back();
    done_.insert(name);
  }

 private:
  Reading& reading_;
  std::vector<std::string> path_;
  std::set<std::string> done_;
};

void check_dependencies(Reading& reading, Service& service, const std::vector<std::string>& known) {
  Project& project = reading.project;
  for (auto it = service.depends_on.begin(); it != service.depends_on.end();) {
    const std::string& name = it->first;
    const bool here = project.services.count(name) > 0;
    const bool disabled = project.disabled.count(name) > 0;
    if (!here && !it->second.required) {
      reading.note(service.where, "services." + service.name + ".depends_on." + name +
                                      " is not required and not there: left out");
      it = service.depends_on.erase(it);
      continue;
    }
    if (!here && disabled) {
      reading.problems.add(service.where, "the service '" + service.name + "' depends on '" + name +
                                              "', which no active profile enables");
    } else if (!here) {
      reading.problems.add(service.where, "the service '" + service.name + "' depends on '" + name +
                                              "', which does not exist" + suggestion(name, known));
    }
    ++it;
  }
  for (const std::string& other : service.implied_dependencies()) {
    if (project.services.count(other) > 0) continue;
    const std::string holder = service.namespace_of();
    reading.problems.add(
        service.where, "the service '" + service.name + "' " +
                           (other == holder ? "shares the network of '" : "needs the service '") + other +
                           "', which " +
                           (project.disabled.count(other) > 0 ? "no active profile enables"
                                                              : "does not exist" + suggestion(other, known)));
  }
}

// An alias of a link becomes one of the linked service, on every network that both are in.
void apply_links(Project& project) {
  for (auto& [name, service] : project.services) {
    for (const Link& link : service.links) {
      const auto other = project.services.find(link.service);
      if (link.alias == link.service || other == project.services.end()) continue;
      for (NetworkAttachment& attachment : other->second.networks) {
        auto& aliases = attachment.aliases;
        const bool there = std::find(aliases.begin(), aliases.end(), link.alias) != aliases.end();
        if (!there && service.attached_to(attachment.key)) aliases.push_back(link.alias);
      }
    }
  }
}

void check_configs(Reading& reading, const Service& service) {
  for (const Grant& grant : service.configs) {
    if (reading.project.configs.count(grant.source) > 0) continue;
    reading.problems.add(service.where, "the config '" + grant.source + "' of '" + service.name +
                                            "' is not declared under 'configs'" +
                                            suggestion(grant.source, names(reading.project.configs)));
  }
}

}  // namespace

void check_references(Reading& reading, const std::map<std::string, std::string>& secrets) {
  Project& project = reading.project;
  const std::vector<std::string> services = names(project.services);
  for (auto& [name, service] : project.services) {
    check_dependencies(reading, service, services);
    check_configs(reading, service);
    for (const NetworkAttachment& attachment : service.networks) {
      const std::string& network = attachment.key;
      if (project.networks.count(network) > 0) continue;
      if (network == "default") {
        project.networks.emplace(network, Network{.key = network, .name = project.name + "_default"});
      } else {
        reading.problems.add(service.where, "the network '" + network + "' of '" + name +
                                                "' is not declared under 'networks'" +
                                                suggestion(network, names(project.networks)));
      }
    }
    for (const Mount& mount : service.volumes) {
      if (mount.type != Mount::Type::volume || mount.source.empty() ||
          project.volumes.count(mount.source) > 0)
        continue;
      reading.problems.add(service.where, "the volume '" + mount.source + "' of '" + name +
                                              "' is not declared under 'volumes'" +
                                              suggestion(mount.source, names(project.volumes)));
    }
    for (Grant& grant : service.secrets) {
      const auto found = secrets.find(grant.source);
      if (found == secrets.end()) {
        reading.problems.add(service.where, "the secret '" + grant.source + "' of '" + name +
                                                "' is not declared under 'secrets' of the Compose file" +
                                                suggestion(grant.source, names(secrets)));
      } else if (!found->second.empty()) {
        grant.source = found->second;  // from here on the name that stack.yaml gives it
        project.secrets.insert(grant.source);
      }
    }
  }
  apply_links(project);
  Cycles cycles(reading);
  for (const std::string& name : services) cycles.walk(name);
}

}  // namespace hwcsync::compose
