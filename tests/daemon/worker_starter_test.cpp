#include "src/daemon/worker_starter.hpp"

#include "src/base/error.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_directory.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

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
  WorkerStarter starter(runner, "/etc/hwcsync/config.yaml", "/proc/self/exe");
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

TEST_CASE("a settings file that was named from here is found by a worker, which starts elsewhere") {
  RecordingRunner runner;
  WorkerStarter(runner, "d/config.yaml", "/proc/self/exe").start(3);
  const auto& argv = runner.commands.front().argv;
  CHECK(std::ranges::count(argv, "--setenv=HWCSYNC_CONFIG=" +
                                     (std::filesystem::current_path() / "d/config.yaml").string()) == 1);
}

TEST_CASE("a worker runs the installed program, else the one beside ours, and without either none") {
  const test::TemporaryDirectory directory;
  const std::string self = directory.path() + "/hwcsync-daemon";
  const std::string gone = directory.path() + "/gone";
  std::filesystem::create_directory(directory.path() + "/hwcsync");
  CHECK_THROWS_WITH(worker_program(gone, self),
                    Catch::Matchers::Contains("neither " + gone + " nor " + directory.path() + "/hwcsync"));
  std::filesystem::remove(directory.path() + "/hwcsync");
  std::ofstream(directory.path() + "/hwcsync") << "x";
  CHECK(worker_program(gone, self) == directory.path() + "/hwcsync");
  CHECK(worker_program("/proc/self/exe", self) == std::filesystem::canonical("/proc/self/exe"));
}

}  // namespace
}  // namespace hwcsync::daemon
