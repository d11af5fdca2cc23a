#include "tests/compose/fixture.hpp"

namespace hwcsync::compose {
namespace {
using test::Fixture;

const char* const kInput = R"(name: demo
version: "3"
x-note: ignored
services:
  web:
    image: docker.io/library/caddy:2.8.4
    command: serve --cost $$5
    environment:
      - Z=last
      - URL=postgres://u:${PW:?set it}@db
    ports: [ "127.0.0.1:8080-8081:80-81" ]
    volumes:
      - ${DATA}/web:/data:rslave
      - cache:/cache:ro
    depends_on: { db: { condition: service_healthy, restart: true } }
    restart: on-failure:3
  db:
    image: docker.io/library/postgres:16.4
    healthcheck: { test: pg_isready, retries: 3, interval: 5s }
volumes: { cache: }
)";

const char* const kOutput = R"(name: demo
networks:
  default:
    name: demo_default
services:
  db:
    healthcheck:
      interval: "5s"
      retries: 3
      test:
        - CMD-SHELL
        - pg_isready
    image: "docker.io/library/postgres:16.4"
    labels:
      io.hwcsync.stack: demo
    networks:
      - default
  web:
    command:
      - serve
      - "--cost"
      - "$$5"
    depends_on:
      db:
        condition: service_healthy
        restart: true
    environment:
      URL: "postgres://u:${PW:?set it}@db"
      Z: last
    image: "docker.io/library/caddy:2.8.4"
    labels:
      io.hwcsync.stack: demo
    networks:
      - default
    ports:
      -
        host_ip: "127.0.0.1"
        mode: ingress
        protocol: tcp
        published: "8080"
        target: 80
      -
        host_ip: "127.0.0.1"
        mode: ingress
        protocol: tcp
        published: "8081"
        target: 81
    restart: "on-failure:3"
    volumes:
      -
        bind:
          create_host_path: true
          propagation: rslave
        source: /srv/web
        target: /data
        type: bind
      -
        read_only: true
        source: cache
        target: /cache
        type: volume
volumes:
  cache:
    name: demo_cache
)";

TEST_CASE("the canonical model is long forms, sorted, with secrets as they were and dollar signs doubled") {
  Fixture fixture;
  fixture.context.labels["io.hwcsync.stack"] = "demo";
  CHECK(write_yaml(fixture.load(kInput).canonical) == kOutput);
}

TEST_CASE("comments, order of keys and short or long form do not change a byte") {
  Fixture fixture;
  const std::string one =
      "services:\n  a: { image: i, ports: [ '80:81' ], environment: [ 'A=1', 'B=2' ] }\n  b: { image: j }\n";
  const std::string two =
      "# words\nservices:\n  b:\n    image: j\n  a:\n    environment: { B: 2, A: 1 }\n    ports: [ { "
      "published: 80, target: 81 } ]\n"
      "    image: i\n";
  CHECK(write_yaml(fixture.load(one).canonical) == write_yaml(fixture.load(two).canonical));
}

TEST_CASE("reading the canonical model again gives the same model") {
  Fixture fixture;
  const std::string once = write_yaml(fixture.load(kInput).canonical);
  CHECK(write_yaml(fixture.load(once).canonical) == once);
}

}  // namespace
}  // namespace hwcsync::compose
