#include "gitops/apply/activation_record.hpp"

#include "src/base/error.hpp"
#include "tests/support/catch.hpp"

namespace hwcsync::apply {
namespace {

TEST_CASE("what a crash must not lose comes back whole") {
  ActivationRecord record{.from = {"/nix/store/a", "ra", "ga", "sa"},
                          .to = {"/nix/store/b", "rb", "gb", "sb"}};
  record.touched.push_back({.name = "photos",
                            .account = {"homelab", 1000},
                            .units = {"photos-stack.service"},
                            .containers = {"photos-web-1", "photos-migrate-1"},
                            .completing = {"photos-migrate-1"},
                            .probes = {{.http = "http://127.0.0.1:1/", .tcp = {}, .command = {}},
                                       {.http = {}, .tcp = "127.0.0.1:2", .command = {}}},
                            .timeout = std::chrono::seconds(90)});
  record.rotation = {.units = {"photos-stack.service", "podman-x.service"},
                     .in_place = {{"photos-stack.service", {"photos", {{"db", "web"}, {"app"}}}}}};
  record.accounts = {{"root", 0}, {"homelab", 1000}};
  record.baseline = {.failed_units = {"x.service"},
                     .containers = {{.name = "c",
                                     .stack = "photos",
                                     .account = {"homelab", 1000},
                                     .state = "running",
                                     .health = "healthy",
                                     .started_at = "then",
                                     .restarts = 2,
                                     .exit_code = 0,
                                     .instance = "a1:17"}},
                     .invocations = {{"photos-stack.service", "abc"}},
                     .remote_reachable = false};
  const std::string text = to_json(record).dump();
  const ActivationRecord back = record_from_json(parse_json(text, "test"));
  CHECK(to_json(back).dump() == text);
  CHECK(back.touched[0].probes[1].tcp == "127.0.0.1:2");
  CHECK(back.baseline.containers[0].restarts == 2);
  CHECK(back.rotation.in_place.at("photos-stack.service").services == plan::InPlace{{"db", "web"}, {"app"}});
  CHECK_THROWS_AS(record_from_json(Json{{"version", 1}}), Error);
}

TEST_CASE("a record from before stacks were reloaded for their secrets restarts them whole") {
  Json old =
      Json::parse(to_json(ActivationRecord{.rotation = {.units = {"a.service"}, .in_place = {}}}).dump());
  REQUIRE(old.erase("rotated_in_place") == 1);
  const ActivationRecord back = record_from_json(old);
  CHECK(back.rotation.units.size() == 1);
  CHECK(back.rotation.in_place.empty());
}

TEST_CASE("a unit's name gets its suffix once") {
  CHECK(unit_file_name("photos-stack") == "photos-stack.service");
  CHECK(unit_file_name("photos-stack.service") == "photos-stack.service");
  CHECK(unit_file_name("data.mount") == "data.mount");
}

TEST_CASE("one-shot services may end, and a stack's patience is read from its configuration") {
  layout::Stack stack;
  stack.name = "photos";
  stack.user = "homelab";
  stack.account.uid = 1000;
  stack.unit = "photos-stack";
  stack.config.health.timeout = "1m30s";
  stack.project.name = "photos";
  stack.project.services["web"].name = "web";
  stack.project.services["web"].depends_on["migrate"].condition = compose::Dependency::Condition::completed;
  stack.project.services["migrate"].name = "migrate";
  stack.project.services["seed"].name = "seed";
  stack.project.services["seed"].restart = "no";
  const TouchedStack touched = touched_stack(stack);
  CHECK(touched.timeout == std::chrono::seconds(90));
  CHECK(touched.units == std::vector<std::string>{"photos-stack.service"});
  CHECK(touched.completing == std::set<std::string>{"photos-migrate-1", "photos-seed-1"});
  CHECK(touched.account == Account{"homelab", 1000});
}

}  // namespace
}  // namespace hwcsync::apply
