#include "gitops/compose/units.hpp"
#include "tests/compose/fixture.hpp"

namespace hwcsync::compose {
namespace {
using test::Fixture;

std::string wrong(const std::string& lines) {
  return Fixture().problems(Fixture::web(lines));
}

TEST_CASE("durations have a unit, and days and weeks become what Go reads") {
  CHECK(duration_microseconds("1h5m30s20ms") == 3'930'020'000);
  CHECK(duration_microseconds("1.5s10us") == 1'500'010);
  CHECK(duration_microseconds("2w") == 1'209'600'000'000);
  for (const char* text : {"", "5", "1x", "s", "1h 5m", "-1s", "1hs", "99999999999w"}) {
    INFO(text);
    CHECK_FALSE(duration_microseconds(text));
  }
  CHECK(go_duration("1h30m") == "1h30m");
  CHECK(go_duration("1d12h") == "129600s");
  CHECK(go_duration("1d1us") == "86400000001us");
}

TEST_CASE("sizes are powers of two, with fractions, and -1 is no limit") {
  CHECK(size_bytes("1024") == 1024);
  CHECK(size_bytes("1.5k") == 1536);
  CHECK(size_bytes("2 GB") == 2147483648);
  CHECK(size_bytes("1gib") == 1073741824);
  CHECK(size_bytes("1T") == 1099511627776);
  CHECK(size_bytes("-1") == -1);
  for (const char* text : {"", "m", "0.5", "1x", "-2", "1mm", "1e3", "99999999p"}) {
    INFO(text);
    CHECK_FALSE(size_bytes(text));
  }
}

TEST_CASE("a mode is base 8 as text, and as a number what YAML says") {
  const auto mode = [](const std::string& text) {
    return Fixture()
        .service("volumes: [ { type: tmpfs, target: /t, tmpfs: { mode: " + text + " } } ]")
        .volumes.at(0)
        .options.at(0);
  };
  CHECK(mode("'755'") == "mode=0755");
  CHECK(mode("0755") == "mode=0755");
  CHECK(mode("0o755") == "mode=0755");
  CHECK(mode("493") == "mode=0755");
  CHECK(wrong("volumes: [ { type: tmpfs, target: /t, tmpfs: { mode: '789' } } ]") ==
        "4:58: expected a mode such as 0440, found '789'");
}

TEST_CASE("limits of deploy are the service's own, and two that differ are an error") {
  const Service service = Fixture().service(
      "deploy: { resources: { limits: { cpus: '0.5', memory: 1g, pids: 9 }, reservations: { memory: 64m } } "
      "}");
  CHECK(service.limits.cpus == "0.5");
  CHECK(service.limits.memory == "1g");
  CHECK(service.limits.memory_reservation == "64m");
  CHECK(service.limits.pids == 9);
  CHECK(Fixture()
            .service("mem_limit: 1024m\ndeploy: { resources: { limits: { memory: 1g } } }")
            .limits.memory == "1024m");
  CHECK(wrong("deploy: { resources: { limits: { memory: 1g } } }\nmem_limit: 2g") ==
        "4:13: 'mem_limit' says 2g and deploy.resources.limits.memory says 1g; keep one of them");
  CHECK(wrong("pids_limit: 3\ndeploy: { resources: { limits: { pids: 4 } } }") ==
        "5:13: 'pids_limit' says 3 and deploy.resources.limits.pids says 4; keep one of them");
  CHECK(wrong("scale: 2\ndeploy: { replicas: 3 }") ==
        "5:13: 'scale' says 2 and deploy.replicas says 3; keep one of them");
}

TEST_CASE("more than one container is a limit of style oci, and with one name an error") {
  const Project project = Fixture().load(Fixture::web("deploy: { replicas: 3 }"));
  REQUIRE(project.limits.size() == 1);
  CHECK(project.limits[0].of == Limit::Of::containers);
  CHECK(project.services.at("web").scale == 3);
  CHECK(wrong("scale: 2\ncontainer_name: one") ==
        "2:3: the service 'web' has container_name and more than one container; only one can have a name");
}

TEST_CASE("out of range, malformed and contradicting values are told at their place") {
  CHECK(wrong("mem_swappiness: 101") == "4:21: expected a number from 0 to 100");
  CHECK(wrong("oom_score_adj: -1001") == "4:20: expected a number from -1000 to 1000");
  CHECK(wrong("ulimits: { nofile: { soft: 3, hard: 2 } }") == "4:24: the soft limit is above the hard limit");
  CHECK(wrong("ulimits: { nofile: { soft: 3 } }") == "4:24: key 'hard' is missing here");
  CHECK(wrong("cpu_period: fast") == "4:17: expected a number of microseconds or a duration, found 'fast'");
  CHECK(wrong("gpus: [ { count: 1, device_ids: [ a ] } ]") ==
        "4:13: 'count' and 'device_ids' exclude each other");
  CHECK(wrong("mac_address: 02:42") == "4:18: '02:42' is no MAC address such as 02:42:ac:11:00:02");
  CHECK(wrong("expose: [ http ]") == "4:13: 'http' is no port or range of ports, with or without a protocol");
  CHECK(wrong("volumes_from: [ 'a:b:c' ]") ==
        "4:19: expected SERVICE[:ro|:rw] or container:NAME[:ro|:rw], found 'a:b:c'");
  CHECK(wrong("post_start: [ { command: x, image: i } ]") ==
        "4:19: 'image' and 'per_replica' are for pre_start only");
  CHECK(wrong("deploy: { mode: everywhere }") ==
        "4:21: expected one of replicated, global, replicated-job, global-job, found 'everywhere'");
}

TEST_CASE("a zero in a health check asks for the default, and a timeout that podman refuses is a limit") {
  const HealthCheck check =
      *Fixture()
           .service("healthcheck: { test: t, interval: 0s, timeout: 0, retries: 0, start_period: 0s }")
           .health_check;
  CHECK(Fixture().service("healthcheck: { test: [], interval: 5s }").health_check->test.empty());
  CHECK(Fixture().service("restart: ''").restart.empty());
  CHECK(check.interval.empty());
  CHECK(check.timeout.empty());
  CHECK_FALSE(check.retries);
  const Project project = Fixture().load(Fixture::web("healthcheck: { test: t, timeout: 500ms }"));
  REQUIRE(project.limits.size() == 2);
  CHECK(project.limits[0].problem.where.to_string() == "stacks/s/compose.yaml:4:38");
}

}  // namespace
}  // namespace hwcsync::compose
