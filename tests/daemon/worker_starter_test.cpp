#include "src/daemon/worker_starter.hpp"

#include "src/base/error.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>

namespace hwcsync::daemon {
namespace {

class RecordingRunner final : public ProcessRunner {
 public:
  ProcessResult run(const Command& command) override {
    commands.push_back(command);
    return {.status = {.kind = ExitStatus::Kind::exited, .value = status}, .output = "", .errors = "no bus"};
  }
  std::vector<Command> commands;
  int status = 0;
};

TEST_CASE("a worker is a transient unit of its own that is told its run and its settings") {
  const auto argv = worker_argv(118, "/nix/store/x-hwcsync/bin/hwcsync", "/etc/hwcsync/config.yaml",
                                {{"PATH", "/run/wrappers/bin"}, {"HOME", "/root"}});
  CHECK(argv.front() == "systemd-run");
  const auto has = [&](const std::string& word) {
    return std::find(argv.begin(), argv.end(), word) != argv.end();
  };
  CHECK(has("--unit=hwcsync-run-118"));
  CHECK(has("--collect"));
  CHECK(has("--setenv=HWCSYNC_CONFIG=/etc/hwcsync/config.yaml"));
  CHECK(has("--setenv=PATH=/run/wrappers/bin"));
  CHECK_FALSE(has("--setenv=HOME=/root"));
  // Neither would let the daemon die without the worker.
  CHECK_FALSE(has("--pipe"));
  CHECK_FALSE(has("--wait"));
  CHECK(std::vector<std::string>(argv.end() - 4, argv.end()) ==
        std::vector<std::string>{"--", "/nix/store/x-hwcsync/bin/hwcsync", "worker", "118"});
}

TEST_CASE("a systemd that refuses is an error with its words") {
  RecordingRunner runner;
  WorkerStarter starter(runner, "/etc/hwcsync/config.yaml");
  starter.start(3);
  REQUIRE(runner.commands.size() == 1);
  runner.status = 1;
  try {
    starter.start(4);
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(std::string(error.what()).find("no bus") != std::string::npos);
  }
}

}  // namespace
}  // namespace hwcsync::daemon
