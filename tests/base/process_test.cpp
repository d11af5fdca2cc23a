#include "src/base/process.hpp"

#include "src/base/error.hpp"
#include "tests/support/catch.hpp"

namespace hwcsync {
namespace {

Command shell(const std::string& script) {
  return {.argv = {"/bin/sh", "-c", script}, .environment = {{"PATH", "/usr/bin:/bin"}}};
}

TEST_CASE("output, errors and exit status come back") {
  SystemProcessRunner runner;
  const ProcessResult result = runner.run(shell("echo out; echo err >&2; exit 4"));
  CHECK(result.status == ExitStatus{ExitStatus::Kind::exited, 4});
  CHECK(result.output == "out\n");
  CHECK(result.errors == "err\n");
}

TEST_CASE("standard input larger than a pipe is written while output is read") {
  SystemProcessRunner runner;
  Command command = shell("cat");
  command.standard_input = std::string(1U << 20U, 'x');
  CHECK(runner.run(command).output == command.standard_input);
}

TEST_CASE("the deadline ends the whole process group") {
  SystemProcessRunner runner;
  Command command = shell("trap '' TERM; sleep 30 & wait; sleep 30");
  command.deadline = std::chrono::milliseconds(50);
  CHECK(runner.run(command).status.kind == ExitStatus::Kind::timed_out);
}

TEST_CASE("the environment is exactly what was given") {
  SystemProcessRunner runner;
  Command command{.argv = {"/usr/bin/env"}, .environment = {{"ONLY", "this"}}};
  CHECK(runner.run(command).output == "ONLY=this\n");
}

TEST_CASE("a program that is not there is an error that says so") {
  SystemProcessRunner runner;
  CHECK_THROWS_AS(runner.run({.argv = {"/no/such/program"}}), Error);
}

TEST_CASE("require turns a failure into an error with the last line of stderr") {
  SystemProcessRunner runner;
  try {
    (void)runner.require(shell("echo first >&2; echo last >&2; exit 3"), "do the thing");
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(std::string(error.what()) == "cannot do the thing: exit status 3: last");
  }
}

}  // namespace
}  // namespace hwcsync
