#include "gitops/compose/canonical_map.hpp"
#include "gitops/compose/reading.hpp"

// The whole model in the long forms that docker-compose v2 takes. Mappings whose order has no meaning are
// sorted, lists keep their order.
namespace hwcsync::compose {
namespace {

Yaml network(const Network& network) {
  CanonicalMap ipam;
  ipam.node("config", canonical_list(network.ipam,
                                     [](const AddressRange& range) {
                                       return CanonicalMap()
                                           .text("gateway", range.gateway)
                                           .text("ip_range", range.ip_range)
                                           .text("subnet", range.subnet)
                                           .take();
                                     }))
      .text("driver", network.ipam_driver);
  return CanonicalMap()
      .text("driver", network.driver)
      .map("driver_opts", network.driver_opts)
      .choice("enable_ipv4", network.enable_ipv4)
      .choice("enable_ipv6", network.enable_ipv6)
      .flag("external", network.external)
      .flag("internal", network.internal)
      .node("ipam", std::move(ipam))
      .map("labels", network.labels)
      .text("name", network.name)
      .take();
}

Yaml volume(const Volume& volume) {
  return CanonicalMap()
      .text("driver", volume.driver)
      .map("driver_opts", volume.driver_opts)
      .flag("external", volume.external)
      .map("labels", volume.labels)
      .text("name", volume.name)
      .take();
}

Yaml config(const Config& config, const Context& context) {
  CanonicalMap out;
  if (!config.file.empty()) {
    out.text("file", config.file.front() == '/' ? config.file : context.assets_directory + '/' + config.file);
  } else if (!config.external) {
    out.set("content", Yaml::scalar(config.content.compose_text()));
  }
  return out.flag("external", config.external).text("name", config.name).take();
}

template <class Map, class Function>
Yaml section(const Map& items, Function&& function) {
  Yaml out = Yaml::mapping();
  for (const auto& [key, item] : items) out.set(key, function(item));
  return out;
}

}  // namespace

Yaml canonical_model(const Project& project, const std::map<std::string, Draft>& drafts,
                     const Context& context) {
  Yaml secrets = Yaml::mapping();
  for (const std::string& name : project.secrets) {
    secrets.set(name, CanonicalMap().text("file", context.secrets_directory + '/' + name).take());
  }
  for (const auto& [key, variable] : project.secret_environment) {
    secrets.set(key, CanonicalMap().text("environment", variable).take());
  }
  for (const auto& [key, file] : project.machine_secrets) {
    secrets.set(key, CanonicalMap().text("file", file).flag("external", file.empty()).take());
  }
  CanonicalMap out;
  out.node("configs", section(project.configs, [&](const Config& item) { return config(item, context); }))
      .text("name", project.name)
      .node("networks", section(project.networks, network))
      .node("secrets", std::move(secrets));
  Yaml services = Yaml::mapping();
  for (const auto& [name, service] : project.services)
    services.set(name, canonical_service(drafts.at(name), service, context));
  out.set("services", std::move(services));
  return out.node("volumes", section(project.volumes, volume)).take();
}

}  // namespace hwcsync::compose
