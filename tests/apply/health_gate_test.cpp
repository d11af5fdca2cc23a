#include "gitops/apply/health_gate.hpp"

#include "tests/apply/world.hpp"
#include "tests/support/catch.hpp"

namespace hwcsync::apply {
namespace {

using Catch::Matchers::Contains;

// One stack with one container that runs.
class Patient {
 public:
  Patient() {
    record.touched.push_back({.name = "photos",
                              .account = {"homelab", 1000},
                              .units = {"photos-stack.service"},
                              .containers = {"photos-web-1"},
                              .completing = {},
                              .probes = {},
                              .timeout = std::chrono::seconds(0)});
    record.accounts = {{"homelab", 1000}};
    world.machine.units["photos-stack.service"] = {.name = "photos-stack.service",
                                                   .active = "active",
                                                   .sub = "exited",
                                                   .result = "success",
                                                   .invocation = "1"};
    world.machine.containers.push_back({.name = "photos-web-1",
                                        .stack = "photos",
                                        .account = {"homelab", 1000},
                                        .state = "running",
                                        .health = {},
                                        .started_at = "1"});
  }
  ContainerStatus& container() { return world.machine.containers.front(); }
  UnitStatus& unit() { return world.machine.units["photos-stack.service"]; }
  HealthReport judge() {
    began = world.clock.steady_now();
    return judge_health(world.context(), record);
  }
  std::chrono::seconds spent() {
    return std::chrono::duration_cast<std::chrono::seconds>(world.clock.steady_now() - began);
  }

  World world;
  ActivationRecord record;
  std::chrono::steady_clock::time_point began;
};

TEST_CASE("well for the settle time is healthy") {
  Patient patient;
  const auto report = patient.judge();
  CHECK(report.healthy());
  CHECK(report.containers == 1);
  CHECK(patient.spent().count() == 5);
}

TEST_CASE("every container of a service that has several is looked at") {
  layout::Stack stack;
  stack.name = stack.project.name = "photos";
  stack.user = "homelab";
  stack.account.uid = 1000;
  stack.unit = "photos-stack";
  stack.project.services["web"].name = "web";
  stack.project.services["web"].scale = 3;
  stack.project.services["off"].name = "off";
  stack.project.services["off"].scale = 0;
  Patient patient;
  patient.record.touched = {touched_stack(stack)};
  CHECK(patient.record.touched[0].containers.empty());
  CHECK(record_from_json(Json::parse(to_json(patient.record).dump())).touched[0].replicas ==
        std::map<std::string, std::int64_t>{{"photos-web-", 3}});
  auto report = patient.judge();
  REQUIRE_FALSE(report.healthy());
  CHECK(report.reason() == "photos: service photos-web has 1 of 3 containers");

  for (const char* name : {"photos-web-2", "photos-web-7"}) {
    patient.world.machine.containers.push_back(patient.container());
    patient.world.machine.containers.back().name = name;
  }
  report = patient.judge();
  CHECK(report.healthy());
  CHECK(report.containers == 3);

  patient.world.machine.containers.back().state = "exited";
  patient.world.machine.containers.back().exit_code = 0;
  CHECK_THAT(patient.judge().reason(), Contains("container photos-web-7 exited with 0"));
  patient.record.touched[0].completing = {"photos-web-"};
  CHECK(patient.judge().healthy());
}

TEST_CASE("a health check that still starts is waited for") {
  Patient patient;
  patient.container().health = "starting";
  int looks = 0;
  patient.world.clock.on_sleep = [&] {
    if (++looks == 10) patient.container().health = "healthy";
  };
  CHECK(patient.judge().healthy());
  CHECK(patient.spent().count() >= 15);
}

TEST_CASE("a container that starts anew again and again is not waited for to the end") {
  Patient patient;
  int looks = 0;
  patient.world.clock.on_sleep = [&] {
    if (++looks % 2 == 0) patient.container().started_at = std::to_string(looks);
  };
  const auto report = patient.judge();
  REQUIRE_FALSE(report.healthy());
  CHECK_THAT(report.reason(), Contains("photos: container photos-web-1 does not stay up, restarted 3 times"));
  CHECK(patient.spent().count() < 30);
}

TEST_CASE("restarts from before do not count") {
  Patient patient;
  patient.container().restarts = 12;
  CHECK(patient.judge().healthy());
}

TEST_CASE("a container that never comes is an ailment at the time-out") {
  Patient patient;
  patient.world.machine.containers.clear();
  const auto report = patient.judge();
  REQUIRE_FALSE(report.healthy());
  CHECK_THAT(report.reason(), Contains("container photos-web-1 is not there"));
  CHECK(patient.spent().count() >= 35);
}

TEST_CASE("a stack's own patience is granted") {
  Patient patient;
  patient.record.touched[0].timeout = std::chrono::seconds(300);
  patient.container().health = "starting";
  int looks = 0;
  patient.world.clock.on_sleep = [&] {
    if (++looks == 200) patient.container().health = "healthy";
  };
  CHECK(patient.judge().healthy());
}

TEST_CASE("a container that does its work and exits is well") {
  Patient patient;
  patient.container().state = "exited";
  CHECK_FALSE(patient.judge().healthy());
  patient.record.touched[0].completing = {"photos-web-1"};
  CHECK(patient.judge().healthy());
  patient.container().exit_code = 1;
  CHECK_FALSE(patient.judge().healthy());
}

TEST_CASE("units that are dead, restarting or not started for a dependency are named") {
  Patient patient;
  SECTION("dependency") {
    patient.unit().active = "inactive";
    patient.unit().result = "dependency";
    CHECK_THAT(patient.judge().reason(), Contains("was not started: a dependency failed"));
  }
  SECTION("auto-restart") {
    patient.unit().active = "activating";
    patient.unit().sub = "auto-restart";
    patient.unit().result = "exit-code";
    CHECK_THAT(patient.judge().reason(), Contains("is being restarted after exit-code"));
  }
  SECTION("unknown") {
    patient.world.machine.units.clear();
    CHECK_THAT(patient.judge().reason(), Contains("is not known to systemd"));
  }
}

TEST_CASE("probes are asked when all else is well, and must answer") {
  Patient patient;
  patient.record.touched[0].probes = {{.http = {}, .tcp = "127.0.0.1:1", .command = {}}};
  CHECK(patient.judge().probes == 1);
  patient.world.machine.probe_trouble = ProbeTrouble{.what = "Connection refused", .output = {}};
  CHECK_THAT(patient.judge().reason(), Contains("probe tcp 127.0.0.1:1 did not answer: Connection refused"));
}

TEST_CASE("the return is judged by what ran before, not by what should run") {
  Patient patient;
  patient.record.baseline.containers = {patient.container()};
  CHECK(judge_return(patient.world.context(), patient.record).healthy());
  patient.record.baseline.containers[0].name = "tickets-web-1";
  const auto report = judge_return(patient.world.context(), patient.record);
  CHECK_THAT(report.reason(), Contains("container tickets-web-1 did not come back"));
  patient.record.baseline.containers[0].state = "exited";
  CHECK(judge_return(patient.world.context(), patient.record).healthy());
}

TEST_CASE("a unit that could not reload is not well although it is active") {
  Patient patient;
  patient.unit().reload_result = "exit-code";
  CHECK_THAT(patient.judge().reason(),
             Contains("photos: unit photos-stack.service could not reload: exit-code"));
  patient.unit().reload_result = "success";
  CHECK(patient.judge().healthy());
}

TEST_CASE("a touched stack's unit that is failed counts whatever it was before, a foreign one does not") {
  Patient patient;
  patient.record.baseline.failed_units = {"foreign.service", "photos-stack.service"};
  patient.world.machine.units["foreign.service"].active = "failed";
  CHECK(patient.judge().healthy());
  patient.unit().active = "failed";
  const auto report = patient.judge();
  REQUIRE(report.ailments.size() == 1);
  CHECK(report.reason() == "photos: unit photos-stack.service failed");
}

}  // namespace
}  // namespace hwcsync::apply
