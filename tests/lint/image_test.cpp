#include "gitops/lint/image.hpp"

#include "tests/support/catch.hpp"

namespace hwcsync::lint {
namespace {

TEST_CASE("an image's name in its parts") {
  const Image full = parse_image("lab:5000/immich-app/server:v1@sha256:ab");
  CHECK(full.registry == "lab:5000");
  CHECK(full.name == "immich-app/server");
  CHECK(full.tag == "v1");
  CHECK(full.digest == "sha256:ab");
  CHECK(parse_image("postgres").name == "postgres");
  CHECK(parse_image("lab:5000/x").tag.empty());
  CHECK(parse_image("localhost/x:1").registry == "localhost");
  CHECK(parse_image("linuxserver/jellyfin:1").registry.empty());
}

TEST_CASE("databases are known by the last part of the name") {
  CHECK(known_database(parse_image("docker.io/tensorchord/pgvecto-rs:pg14"))->port == 5432);
  CHECK(known_database(parse_image("redis:7"))->name == "redis");
  CHECK(known_database(parse_image("docker.io/redis/redis-exporter")) == nullptr);
}

}  // namespace
}  // namespace hwcsync::lint
