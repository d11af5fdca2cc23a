#include "secrets/audit/audit_log.hpp"
#include "secrets/audit/caller_process.hpp"
#include "tests/support/catch.hpp"

#include <unistd.h>

using namespace hwcsync;
using namespace hwcsync::secrets;

namespace {

class FakeClock final : public Clock {
 public:
  [[nodiscard]] WallTime now() const override { return WallTime(std::chrono::seconds(seconds)); }
  long seconds = 1'700'000'000;
  [[nodiscard]] std::chrono::steady_clock::time_point steady_now() const override { return {}; }
  void sleep_for(std::chrono::milliseconds) override {}
};

const std::string kId(64, 'a');

}  // namespace

TEST_CASE("the ring keeps the newest and counts what it lost") {
  const FakeClock clock;
  AuditLog log(clock, 3);
  for (const char* stack : {"a", "b", "a", "b", "a"})
    log.add({.op = AuditOp::read, .uid = 7, .stack = stack});
  CHECK(log.counts().reads == 5);
  CHECK(log.counts().dropped == 2);
  CHECK(log.query({}).size() == 3);
  CHECK(log.query({.limit = 2})[0].stack == "a");
  const auto of_b = log.query({.stack = "b"});
  REQUIRE(of_b.size() == 1);
  CHECK(format_time(of_b[0].time) == "2023-11-14T22:13:20.000Z");
}

TEST_CASE("who is refused a thousand times pushes out nobody who was allowed") {
  const FakeClock clock;
  AuditLog log(clock, 3);
  log.add({.op = AuditOp::read, .stack = "a"});
  for (int i = 0; i < 1000; ++i) log.add({.op = AuditOp::deny, .uid = 5});
  log.add({.op = AuditOp::open, .stack = "b"});
  std::string found;
  for (const AuditRecord& record : log.query({})) found += std::string(to_string(record.op)) + ' ';
  CHECK(found == "open deny deny deny read ");
  CHECK(log.counts().dropped == 997);
}

TEST_CASE("only what is not older than a time is given, also over a clock that was set back") {
  FakeClock clock;
  AuditLog log(clock, 10);
  for (const long second : {100L, 300L, 200L}) {
    clock.seconds = second;
    log.add({.op = AuditOp::read, .stack = std::to_string(second)});
  }
  const auto since = [&](long second) {
    std::string out;
    for (const AuditRecord& record : log.query({.since = WallTime(std::chrono::seconds(second))}))
      out += record.stack + ' ';
    return out;
  };
  CHECK(since(100) == "200 300 100 ");
  CHECK(since(200) == "200 300 ");
  CHECK(since(250) == "300 ");
  CHECK(since(301).empty());
}

TEST_CASE("a record as JSON names result and operation") {
  const Json json =
      to_json({.op = AuditOp::deny, .view = 1000, .uid = 5, .path = "a", .result = "Permission denied"});
  CHECK(json["op"] == "deny");
  CHECK(json["result"] == "Permission denied");
  CHECK(json["view"] == 1000);
}

TEST_CASE("unit and container are found in a cgroup path") {
  CHECK(parse_cgroup("0::/system.slice/immich-stack.service\n") == CgroupLabels{"immich-stack.service", ""});
  CHECK(parse_cgroup("0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" + kId +
                     ".scope/container\n") == CgroupLabels{"user@1000.service", kId});
  CHECK(parse_cgroup("0::/system.slice/podman-web.service/libpod-payload-x\n").unit == "podman-web.service");
  CHECK(parse_cgroup("12:devices:/x.service\n1:name=systemd:/system.slice/a.service\n0::/\n") ==
        CgroupLabels{"a.service", ""});
  CHECK(parse_cgroup("garbage\n::\n\n") == CgroupLabels{});
}

TEST_CASE("this process is identified and one that is not there is not") {
  const CallerProcess self = identify_caller(::getpid());
  CHECK(self.pid == ::getpid());
  CHECK_THAT(self.exe, Catch::Matchers::Contains("view_test"));
  CHECK(identify_caller(0).pid == 0);
  CHECK(identify_caller(2147483647).exe.empty());
}

TEST_CASE("a read is told under the name of the open before it, and anything else is looked up") {
  CallerMemory callers;
  CHECK(callers.identify(::gettid(), "s/key", AuditOp::open).pid == ::getpid());
  CHECK(callers.identify(::gettid(), "s/key", AuditOp::read).pid == ::getpid());
  CHECK(callers.identify(::gettid(), "s/other", AuditOp::read).pid == ::getpid());
  // Nobody has this id: another thread's read does not get what was remembered.
  CHECK(callers.identify(1 << 30, "s/other", AuditOp::read).pid == 0);
  CHECK(callers.identify(1 << 30, "s/other", AuditOp::deny).exe.empty());
}
