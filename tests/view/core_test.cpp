// What a core of the kernel holds, looked up in a real one: ordinary memory, and nothing of the arena.
#include "secrets/arena/secure_buffer.hpp"
#include "src/base/error.hpp"
#include "src/base/fd.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_directory.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace hwcsync;
using namespace hwcsync::secrets;

namespace {

// A core goes where the machine says: only one in the working directory can be looked at.
const bool kCanRun = [] {
  rlimit limit{};
  ::getrlimit(RLIMIT_CORE, &limit);
  const std::string pattern = read_file("/proc/sys/kernel/core_pattern");
  const char* reason = pattern.find_first_of("|/") != std::string::npos ? "core_pattern leads elsewhere"
                       : limit.rlim_max == 0                            ? "no cores are allowed here"
                                                                        : nullptr;
  if (reason == nullptr) return true;
  std::fprintf(stderr, "skipped: %s\n", reason);
  std::_Exit(77);
}();

std::string new_canary() {
  std::random_device random;
  std::string out = "CANARY";
  while (out.size() < 64) out += std::to_string(random());
  return out;
}

// What stands in the arena; made of the canary byte by byte, so that it stands nowhere else.
std::uint8_t disguised(char c) {
  return static_cast<std::uint8_t>(static_cast<unsigned char>(c) ^ 0x5aU);
}

[[noreturn]] void die_with(const std::string& canary, const std::string& directory) {
  rlimit limit{};
  ::getrlimit(RLIMIT_CORE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_CORE, &limit);
  ::signal(SIGABRT, SIG_DFL);
  if (::chdir(directory.c_str()) != 0) ::_exit(127);
  SecureBuffer secret(canary.size());
  for (std::size_t i = 0; i < canary.size(); ++i) secret.data()[i] = disguised(canary[i]);
  ::kill(::getpid(), SIGABRT);
  ::_exit(127);
}

}  // namespace

TEST_CASE("a core of a process that may leave one holds its heap and nothing of its arena") {
  const test::TemporaryDirectory directory;
  const std::string canary = new_canary();
  const pid_t child = ::fork();
  if (child == 0) die_with(canary, directory.path());
  int status = 0;
  ::waitpid(child, &status, 0);
  REQUIRE(WIFSIGNALED(status));
  REQUIRE(WCOREDUMP(status));
  std::string core;
  for (const auto& entry : std::filesystem::directory_iterator(directory.path()))
    core = read_file(entry.path().string(), std::size_t{4} << 30U);
  CHECK(core.starts_with("\177ELF"));
  CHECK(core.find(canary) != std::string::npos);  // the search finds what is there
  std::string secret;
  for (const char c : canary) secret += static_cast<char>(disguised(c));
  CHECK(core.find(secret) == std::string::npos);
}
