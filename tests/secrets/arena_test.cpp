#include "secrets/arena/base64.hpp"
#include "secrets/arena/harden.hpp"
#include "secrets/arena/secure_buffer.hpp"
#include "src/base/error.hpp"
#include "src/base/fd.hpp"
#include "tests/secrets/fixtures.hpp"
#include "tests/support/catch.hpp"

#include <fmt/format.h>
#include <fmt/ostream.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <ostream>
#include <string>
#include <type_traits>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace hwcsync::secrets {
namespace {

using test::conceal;
using test::reveal;

template <typename T>
concept Streamable = requires(std::ostream& out, const T& value) {
  out << value;
};

// STYLE 18: nothing turns a secret into text by accident.
static_assert(!std::is_copy_constructible_v<SecureBuffer> && !std::is_copy_assignable_v<SecureBuffer>);
static_assert(std::is_nothrow_move_constructible_v<SecureBuffer> &&
              std::is_nothrow_move_assignable_v<SecureBuffer>);
static_assert(!std::is_convertible_v<SecureBuffer, std::string> &&
              !std::is_constructible_v<std::string, SecureBuffer>);
static_assert(!std::is_convertible_v<SecureBuffer, std::string_view>);
static_assert(!std::is_constructible_v<std::string_view, SecureBuffer>);
static_assert(!std::is_convertible_v<SecureBuffer, bool> && !std::is_convertible_v<SecureBuffer, Bytes>);
static_assert(!Streamable<SecureBuffer> && !fmt::is_formattable<SecureBuffer>::value);

std::size_t locked_bytes() {
  const std::string status = read_file("/proc/self/status");
  return std::stoul(status.substr(status.find("VmLck:") + 6)) * 1024;
}

// Runs in a forked child; true when the child said so.
bool holds_in_child(const std::function<bool()>& check) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    bool good = false;
    try {
      good = check();
    } catch (...) {
    }
    ::_exit(good ? 0 : 1);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// No memory may be locked beyond the limit; root is not bound by it, so root is left.
bool limit_locked_memory(rlim_t bytes) {
  const rlimit limit{bytes, bytes};
  if (::setrlimit(RLIMIT_MEMLOCK, &limit) != 0) return false;
  return ::getuid() != 0 || ::setresuid(65534, 65534, 65534) == 0;
}

TEST_CASE("what the arena gives out is zero, locked and counted") {
  Arena arena;
  const std::size_t before = locked_bytes();
  const Arena::Block block = arena.allocate(5000);
  CHECK(block.capacity == 8192);
  CHECK(std::all_of(block.data, block.data + block.capacity, [](auto b) { return b == 0; }));
  CHECK(locked_bytes() == before + arena.usage().locked);
  CHECK(arena.usage().used == 8192);
  arena.release(block);
  CHECK(arena.usage().used == 0);
}

TEST_CASE("thousands of small values fit the usual limit of locked memory") {
  Arena arena;
  std::vector<Arena::Block> blocks;
  for (int i = 0; i < 20000; ++i) blocks.push_back(arena.allocate(40));
  CHECK(arena.usage().locked <= 2U << 20U);
  std::sort(blocks.begin(), blocks.end(), [](const auto& a, const auto& b) { return a.data < b.data; });
  bool apart = true;
  for (std::size_t i = 1; i < blocks.size(); ++i) apart = apart && blocks[i - 1].data + 64 <= blocks[i].data;
  CHECK(apart);
  for (const auto& block : blocks) arena.release(block);
  CHECK(arena.usage().blocks == 0);
  CHECK(arena.usage().locked <= 256U << 10U);
}

TEST_CASE("blocks of all sizes live side by side and none touches another") {
  Arena arena;
  std::vector<Arena::Block> live;
  unsigned state = 12345;
  for (int step = 0; step < 4000; ++step) {
    state = state * 1664525U + 1013904223U;
    if (live.size() > 100 || (state >> 24U) % 3 == 0) {
      if (live.empty()) continue;
      const std::size_t at = (state >> 8U) % live.size();
      const Arena::Block block = live[at];
      REQUIRE(
          std::all_of(block.data, block.data + block.capacity, [&](auto b) { return b == block.data[0]; }));
      arena.release(block);
      live.erase(live.begin() + static_cast<std::ptrdiff_t>(at));
    } else {
      const Arena::Block block = arena.allocate(1 + (state >> 8U) % 20000);
      REQUIRE(std::all_of(block.data, block.data + block.capacity, [](auto b) { return b == 0; }));
      std::memset(block.data, static_cast<int>(step & 255), block.capacity);
      live.push_back(block);
    }
  }
  for (const auto& block : live) arena.release(block);
  CHECK(arena.usage().used == 0);
}

TEST_CASE("a value is wiped when its buffer goes") {
  const SecureBuffer keeps_the_page(std::size_t{64});
  SecureBuffer buffer = conceal("a canary of more than a few bytes, in a slot of 64");
  const std::uint8_t* where = buffer.data();
  REQUIRE(std::memcmp(where, "a canary", 8) == 0);
  SECTION("by destruction") {
    SecureBuffer(std::move(buffer));
  }
  SECTION("by assignment") {
    buffer = conceal("x");
  }
  SECTION("by growing out of its block") {
    buffer.append(conceal(std::string(3000, 'y')).bytes());
  }
  SECTION("by truncation") {
    buffer.truncate(0);
  }
  // The page still belongs to the arena, so that it may be looked at.
  CHECK(std::all_of(where, where + 50, [](auto b) { return b == 0; }));
}

TEST_CASE("a block that cannot be locked is an error that names the limit") {
  CHECK(holds_in_child([] {
    if (!limit_locked_memory(64U << 10U)) return false;
    Arena arena;
    try {
      static_cast<void>(arena.allocate(1U << 20U));
    } catch (const SystemError& error) {
      return error.text().hint.find("LimitMEMLOCK=") != std::string::npos && arena.usage().locked == 0;
    }
    return false;
  }));
  CHECK(holds_in_child([] {
    if (!limit_locked_memory(0)) return false;
    try {
      const SecureBuffer buffer(std::size_t{16});
    } catch (const Error&) {
      return true;
    }
    return false;
  }));
}

TEST_CASE("near the limit a small value still finds room") {
  CHECK(holds_in_child([] {
    if (!limit_locked_memory(64U << 10U)) return false;
    Arena arena;
    return arena.allocate(100).data != nullptr && arena.usage().locked == 4096;
  }));
}

TEST_CASE("a forked child sees nothing of its parent's secrets and gets locked memory of its own") {
  const SecureBuffer secret = conceal("the parent's canary");
  CHECK(holds_in_child([&] {
    const auto bytes = secret.bytes();
    const bool wiped = std::all_of(bytes.begin(), bytes.end(), [](auto b) { return b == 0; });
    const SecureBuffer own = conceal("mine");
    return wiped && locked_bytes() > 0 && reveal(own) == "mine";
  }));
  CHECK(reveal(secret) == "the parent's canary");
}

TEST_CASE("the arena's pages are kept out of core dumps") {
  const SecureBuffer secret = conceal("canary");
  const std::string maps = read_file("/proc/self/smaps");
  const auto address = reinterpret_cast<std::uintptr_t>(secret.data());
  std::size_t at = 0;
  bool found = false;
  while (at < maps.size() && !found) {
    const std::size_t line_end = maps.find('\n', at);
    unsigned long start = 0;
    unsigned long end = 0;
    if (std::sscanf(maps.c_str() + at, "%lx-%lx ", &start, &end) == 2 && start <= address && address < end) {
      const std::size_t flags = maps.find("VmFlags:", at);
      const std::string line = maps.substr(flags, maps.find('\n', flags) - flags);
      CHECK(line.find(" dd") != std::string::npos);
      CHECK(line.find(" lo") != std::string::npos);
      CHECK(line.find(" wf") != std::string::npos);
      found = true;
    }
    at = line_end + 1;
  }
  CHECK(found);
}

TEST_CASE("a hardened process leaves no core and cannot be traced by its own user") {
  CHECK(holds_in_child([] {
    harden_process();
    rlimit core{1, 1};
    ::getrlimit(RLIMIT_CORE, &core);
    return ::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 && core.rlim_max == 0;
  }));
}

TEST_CASE("a buffer grows and keeps its content") {
  SecureBuffer buffer;
  std::string expected;
  for (int i = 0; i < 5000; ++i) {
    buffer.append(static_cast<std::uint8_t>('a' + i % 26));
    expected += static_cast<char>('a' + i % 26);
  }
  CHECK(reveal(buffer) == expected);
  CHECK(equal(buffer.bytes(), buffer.clone().bytes()));
  CHECK_FALSE(equal(buffer.bytes(), conceal("other").bytes()));
}

TEST_CASE("base64 is canonical or refused") {
  CHECK(reveal(decode_base64(as_bytes("aGk="), Padding::required).value()) == "hi");
  CHECK(reveal(decode_base64(as_bytes("aGk"), Padding::none).value()) == "hi");
  CHECK(decode_base64(as_bytes(""), Padding::required).value().empty());
  for (const char* bad : {"aGk", "aGl=", "aG k=", "aGk=\n", "a", "aGk==", "!!!!", "\xab\xab\xab\xab"}) {
    CHECK_FALSE(decode_base64(as_bytes(bad), Padding::required).has_value());
  }
  CHECK_FALSE(decode_base64(as_bytes("aGl"), Padding::none).has_value());
  CHECK(encode_base64(as_bytes("hi"), Padding::required) == "aGk=");
}

}  // namespace
}  // namespace hwcsync::secrets
