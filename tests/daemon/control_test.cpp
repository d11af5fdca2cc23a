#include "src/daemon/control.hpp"

#include "src/base/error.hpp"
#include "src/daemon/control_client.hpp"
#include "tests/daemon/machine.hpp"

#include <thread>

#include <sys/stat.h>
#include <unistd.h>

namespace hwcsync::daemon {
namespace {

using test::Machine;

// The client blocks, so it talks from a thread of its own while the loop of the daemon runs here.
template <class Call>
void from_client(Machine& m, Call call) {
  VarlinkServer server(m.loop, {});
  server.add(control_interface(*m.core));
  server.listen(m.settings.control_socket(), 0666);
  std::atomic<bool> done{false};
  std::exception_ptr failure;
  std::thread thread([&] {
    try {
      auto client = ControlClient::connect(m.settings.control_socket());
      if (!client) throw Error("cannot reach", "the daemon", "nobody listens");
      call(*client);
    } catch (...) {
      failure = std::current_exception();
    }
    done = true;
  });
  while (!done) (void)m.loop.step(std::chrono::milliseconds(20));
  thread.join();
  if (failure) std::rethrow_exception(failure);
}

TEST_CASE("without a daemon there is no client") {
  CHECK_FALSE(ControlClient::connect("/nowhere/control").has_value());
}

TEST_CASE("the status has every part that the interface names") {
  Machine m;
  m.settle();
  Json status;
  from_client(m, [&](ControlClient& client) { status = client.status(); });
  for (const char* key : {"version",
                          "host",
                          "url",
                          "branch",
                          "started",
                          "watching",
                          "poll_interval_ms",
                          "next_poll_ms",
                          "head",
                          "head_summary",
                          "deployed",
                          "decision",
                          "last_check",
                          "last_fetch",
                          "fetch_error",
                          "failures_in_a_row",
                          "last_plan_ms",
                          "run",
                          "last_run",
                          "suspended",
                          "counters"}) {
    INFO(key);
    CHECK(status.contains(key));
    CHECK(control_description().find(std::string("\n  ") + key + ": ") != std::string::npos);
  }
  CHECK(status.size() == 21);
  for (const auto& [key, value] : status["counters"].items()) {
    INFO(key);
    CHECK(control_description().find("\n  " + key + ": ") != std::string::npos);
  }
  CHECK(status["head"] == m.git.head());
  CHECK(status["watching"] == m.git.bare());
  CHECK(status["counters"]["runs"]["committed"] == 1);
}

TEST_CASE("sync over the socket streams the run and ends with its outcome") {
  Machine m;
  m.settle();
  m.core->suspend("wait for the client", "test");
  const std::string id = m.push("ok second");
  m.settle();
  std::vector<std::string> kinds;
  Json outcome;
  Json runs;
  Json plan;
  from_client(m, [&](ControlClient& client) {
    CHECK(client.sync(ControlClient::Wait::for_outcome, {})["code"] == "suspended");
    client.resume();
    outcome = client.sync(ControlClient::Wait::for_outcome,
                          [&](const Json& message) { kinds.push_back(message["kind"].get<std::string>()); });
    runs = client.runs(10);
    plan = client.plan();
  });
  CHECK(outcome["exit_status"] == 0);
  REQUIRE(runs.size() == 2);
  CHECK(runs[0]["to"] == id);
  CHECK(runs[0]["state"] == "committed");
  CHECK(plan["version"] == 1);
  m.settle();
  // What follows from the terminal line comes after it.
  CHECK(m.deployed() == id);
}

TEST_CASE("people steer over the socket") {
  Machine m;
  m.settle();
  from_client(m, [&](ControlClient& client) {
    client.suspend("holidays");
    const Json suspended = client.status()["suspended"];
    if (suspended["reason"] != "holidays") throw std::runtime_error("not suspended");
    client.resume();
    client.retry("");
    CHECK_THROWS_AS(client.retry("no-such-revision"), Error);
    CHECK_THROWS_AS(client.accept_rewrite("no-such-revision"), Error);
  });
  CHECK_FALSE(m.core->status().suspended.has_value());
  m.settle();
}

TEST_CASE("everyone may connect, which the socket's mode says") {
  Machine m;
  m.settle();
  VarlinkServer server(m.loop, {});
  server.listen(m.settings.control_socket(), 0666);
  struct stat info {};
  REQUIRE(::stat(m.settings.control_socket().c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0666);
}

}  // namespace
}  // namespace hwcsync::daemon
