#include "tests/nix/fixture.hpp"

#include <initializer_list>
#include <string>
#include <utility>

namespace hwcsync::test {
namespace {

compose::Mount bind(std::string source, std::string target, bool read_only = false) {
  compose::Mount out;
  out.source = std::move(source);
  out.target = std::move(target);
  out.read_only = read_only;
  return out;
}

compose::Service service(const std::string& name, const std::string& image) {
  compose::Service out;
  out.name = name;
  out.image = image;
  out.where = {"stacks/example/compose.yaml", 3, 3};
  return out;
}

compose::Template literal(const std::string& text) {
  compose::Template out;
  out.parts.emplace_back(compose::TextPart{text});
  return out;
}

compose::Template secret(const std::string& variable) {
  compose::Template out;
  out.parts.emplace_back(compose::SecretPart{variable, ""});
  return out;
}

Yaml mapping(std::initializer_list<std::pair<std::string, std::string>> entries) {
  Yaml out = Yaml::mapping();
  for (const auto& [name, value] : entries) out.set(name, Yaml::scalar(value));
  return out;
}

layout::Stack stack(const std::string& name, stack::Style style) {
  layout::Stack out;
  out.name = name;
  out.directory = "stacks/" + name;
  out.compose_file = out.directory + "/compose.yaml";
  out.style = style;
  out.project.name = name;
  out.project.canonical = Yaml::mapping();
  out.project.canonical.set("name", Yaml::scalar(name));
  out.project.canonical.set("services", Yaml::mapping());
  if (style == stack::Style::compose) {
    out.user = "homelab";
    out.account = {.uid = 1000, .gid = 100, .sub_ids = 100000, .home = "/home/homelab"};
    out.unit = name + "-stack";
  } else {
    out.user = "root";
    out.account = {.uid = 0, .gid = 0, .sub_ids = 0, .home = "/root"};
  }
  return out;
}

void add(layout::Stack& stack, compose::Service service) {
  stack.project.canonical.find("services")->set(service.name, mapping({{"image", service.image}}));
  stack.project.services[service.name] = std::move(service);
}

layout::Stack immich() {
  auto out = stack("immich", stack::Style::compose);
  out.config.description = "Photo library, 100% local";
  out.config.mounts.required = {"/mnt/data"};
  out.config.mounts.on_demand = {"/mnt/far away"};
  out.config.firewall.tcp = {2283, 3003};
  out.config.firewall.proxied = {2283};
  out.config.firewall.udp = {5353};
  out.config.start_after = {"ledger"};
  out.config.units.after = {"tailscaled"};
  out.config.prepare.directories = {
      {.path = "/mnt/docker/immich/pg data", .owner = "100998:100998", .mode = "0750"},
      {.path = "/mnt/docker/immich/100%", .owner = "", .mode = "0755"}};
  out.config.routes = {{.domain = "photos.example.net", .upstream = 2283, .tls = "internal"}};
  add(out, service("server", "ghcr.io/immich-app/immich-server:v1.120.0"));
  add(out, service("database", "docker.io/tensorchord/pgvecto-rs:pg14-v0.2.0"));
  auto migrate = service("migrate", "docker.io/library/busybox:1");
  migrate.restart = "no";
  add(out, migrate);
  out.secrets = {{.name = "db-password",
                  .source = "stacks/immich/db.yaml",
                  .blob = std::string(40, 'a'),
                  .format = "sops-binary"},
                 {.name = "env",
                  .source = "stacks/immich/immich.env",
                  .blob = std::string(40, 'b'),
                  .format = "sops-dotenv"}};
  return out;
}

layout::Stack caddy() {
  auto out = stack("caddy", stack::Style::compose);
  out.assets = {{.name = "Caddyfile",
                 .variable = "CADDY_FILE",
                 .blob = std::string(40, 'c'),
                 .content = ":80 {\n\trespond ok\n}\n"}};
  auto proxy = service("proxy", "docker.io/library/caddy:2.8");
  proxy.volumes = {bind("/etc/hwcsync/stacks/caddy/assets/Caddyfile", "/etc/caddy/Caddyfile", true)};
  add(out, proxy);
  return out;
}

layout::Stack sonarr() {
  auto out = stack("sonarr", stack::Style::oci);
  out.config.description = "Series";
  out.config.routes = {{.domain = "sonarr.example.net", .upstream = 8989, .tls = ""}};
  out.config.mounts.required = {"/mnt/media"};
  auto app = service("sonarr", "lscr.io/linuxserver/sonarr:4.0.9");
  app.container_name = "sonarr";
  app.environment = {{"PUID", literal("1000")},
                     {"PGID", literal("100")},
                     {"TZ", literal("Europe/Berlin")},
                     {"GREETING", literal("it's \"${HOME}\" at 100%\n")}};
  app.ports = {{.host_ip = "127.0.0.1", .published = "8989", .target = "8989", .protocol = "tcp"},
               {.host_ip = "::1", .published = "6001", .target = "6001", .protocol = "udp"},
               {.host_ip = "127.0.0.1", .published = "", .target = "80", .protocol = "tcp"}};
  app.volumes = {bind("/opt/media/sonarr", "/config"), bind("/mnt/media/tv", "/tv"),
                 bind("/etc/localtime", "/etc/localtime", true)};
  app.labels = {{"io.containers.autoupdate", "registry"}};
  app.restart = "unless-stopped";
  add(out, app);
  return out;
}

layout::Stack ledger() {
  auto out = stack("ledger", stack::Style::oci);
  out.project.networks["back"] = {.key = "back",
                                  .name = "ledger_back",
                                  .external = false,
                                  .driver = "bridge",
                                  .ipam = {{.subnet = "10.90.0.0/24"}},
                                  .internal = false};
  out.project.volumes["pg"] = {.key = "pg", .name = "ledger_pg", .external = false};
  auto database = service("db", "docker.io/library/postgres:16.4");
  database.container_name = "ledger-db";
  database.networks = {{.key = "back"}};
  database.environment["POSTGRES_PASSWORD_FILE"] = literal("/run/secrets/db-password");
  database.ports = {{.host_ip = "127.0.0.1", .published = "5432", .target = "5432", .protocol = "tcp"}};
  compose::Mount data;
  data.type = compose::Mount::Type::volume;
  data.source = "pg";
  data.target = "/var/lib/postgresql/data";
  data.options = {"U"};
  database.volumes = {data};
  database.secrets = {{.source = "db-password", .target = "/run/secrets/db-password"}};
  database.health_check = compose::HealthCheck{};
  database.health_check->test = {"CMD", "pg_isready", "-U", "ledger"};
  database.health_check->interval = "10s";
  database.health_check->retries = 5;
  database.stop_grace_period = "1m30s";
  add(out, database);

  auto app = service("app", "docker.io/example/ledger:2.1");
  app.container_name = "ledger-app";
  app.networks = {{.key = "back"}};
  app.command = std::vector<std::string>{"serve", "--name", "it's $HOME"};
  app.entrypoint = std::vector<std::string>{"/bin/tini", "--"};
  app.environment = {{"DB_PASSWORD", secret("DB_PASSWORD")}, {"DB_HOST", literal("db")}};
  app.depends_on["db"] = {
      .condition = compose::Dependency::Condition::healthy, .restart = true, .required = true};
  app.cap_drop = {"ALL"};
  app.cap_add = {"NET_BIND_SERVICE"};
  app.read_only = true;
  app.tmpfs = {"/tmp:size=64m"};
  app.limits.memory = "512m";
  app.restart = "on-failure:3";
  add(out, app);

  auto sidecar = service("sidecar", "docker.io/example/sidecar:1");
  sidecar.container_name = "ledger-sidecar";
  sidecar.network_mode = "service:app";
  sidecar.depends_on["db"] = {
      .condition = compose::Dependency::Condition::started, .restart = false, .required = false};
  add(out, sidecar);
  out.secrets = {{.name = "db-password",
                  .source = "stacks/ledger/db-password.age",
                  .blob = std::string(40, 'd'),
                  .format = "age",
                  .services = {"db"}},
                 {.name = "env",
                  .source = "stacks/ledger/ledger.env",
                  .blob = std::string(40, 'e'),
                  .format = "sops-dotenv",
                  .services = {"app"}}};
  return out;
}

}  // namespace

layout::DesiredState example_state() {
  layout::DesiredState out;
  out.host = "server";
  out.config.stacks = {"immich", "caddy", "sonarr", "ledger"};
  out.config.users["homelab"] = {.uid = 1000, .gid = 100, .sub_ids = 100000};
  out.config.podman = true;
  out.config.firewall = true;
  for (auto& part : {immich(), caddy(), sonarr(), ledger()}) out.stacks[part.name] = part;
  return out;
}

}  // namespace hwcsync::test
