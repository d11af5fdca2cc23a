#include "tests/secrets/program_check.hpp"

#include "src/base/atomic_file.hpp"
#include "src/base/process.hpp"

#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <utility>

#include <unistd.h>

namespace hwcsync::secrets::test {
namespace {

int failures = 0;

}  // namespace

bool installed(const std::string& program) {
  const char* path = std::getenv("PATH");
  std::istringstream directories(path == nullptr ? "" : path);
  for (std::string directory; std::getline(directories, directory, ':');) {
    if (::access((directory + '/' + program).c_str(), X_OK) == 0) return true;
  }
  std::printf("skipped: the program %s is not installed\n", program.c_str());
  return false;
}

std::string run(std::vector<std::string> argv, const std::map<std::string, std::string>& environment) {
  SystemProcessRunner runner;
  Command command;
  command.argv = std::move(argv);
  command.environment = minimal_environment();
  for (const auto& [name, value] : environment) command.environment[name] = value;
  return runner.require(command, "run " + command.argv.front()).output;
}

void write_file(const std::string& path, const std::string& content) {
  AtomicFile file(path, 0600);
  file.write(content);
  file.commit();
}

void expect(bool holds, const std::string& what) {
  if (holds) return;
  ++failures;
  std::printf("FAILED: %s\n", what.c_str());
}

int finish() {
  if (failures == 0) {
    std::printf("all held\n");
    return 0;
  }
  std::printf("%d failed\n", failures);
  return 1;
}

}  // namespace hwcsync::secrets::test
