#include "bench/stacks.hpp"

namespace hwcsync::bench {
namespace {

std::string compose_file(std::size_t index) {
  const std::string port = std::to_string(10000 + index);
  return R"(services:
  web:
    image: docker.io/library/nginx:1.27
    restart: unless-stopped
    ports: ["127.0.0.1:)" +
         port + R"(:80"]
    environment:
      TZ: ${TZ:-Europe/Berlin}
      GREETING: "it's 100% \"fine\""
    volumes:
      - ${DATA_ROOT}/web:/usr/share/nginx/html:ro
    depends_on:
      database: { condition: service_healthy }
    labels: { traefik.enable: "true" }
  database:
    image: docker.io/library/postgres:16.4
    restart: unless-stopped
    environment: { POSTGRES_DB: app, POSTGRES_USER: app }
    volumes: ["data:/var/lib/postgresql/data"]
    healthcheck: { test: [CMD, pg_isready, -U, app], interval: 10s, retries: 5 }
  worker:
    image: docker.io/library/busybox:1.36
    command: sh -c "while true; do sleep 60; done"
    cap_drop: [ALL]
    depends_on: [database]
volumes: { data: {} }
)";
}

}  // namespace

std::map<std::string, std::string> repository(std::size_t count) {
  std::map<std::string, std::string> out;
  std::string stacks;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = "stack" + std::to_string(i);
    stacks += (stacks.empty() ? "" : ", ") + name;
    out["stacks/" + name + "/compose.yaml"] = compose_file(i);
    out["stacks/" + name + "/stack.yaml"] = std::string("style: ") + (i % 2 == 0 ? "oci" : "compose") +
                                            "\ndescription: Stack " + std::to_string(i) + "\n";
  }
  out["hwcsync.yaml"] =
      "version: 1\nvariables: { DATA_ROOT: /srv/data }\nhosts:\n  server:\n    flake: \"#server\"\n"
      "    podman: true\n    firewall: true\n    users: { homelab: { uid: 1000 } }\n    stacks: [" +
      stacks + "]\n";
  return out;
}

}  // namespace hwcsync::bench
