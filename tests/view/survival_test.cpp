// The whole promise with the real program: it may die at any moment, also while generations are switched.
#include "secrets/view/mount_table.hpp"
#include "src/base/error.hpp"
#include "tests/support/catch.hpp"
#include "tests/view/program_fixture.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <random>
#include <thread>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace hwcsync;
using namespace hwcsync::test;

namespace {

constexpr int kReaders = 8;
constexpr int kSecrets = 50;
constexpr int kKills = 500;

std::string name_of(int secret) {
  return "app/s" + std::to_string(secret);
}

// Says which generation and which secret it is of. One in ten takes more than one READ.
std::string value_of(int generation, int secret) {
  const std::string unit = std::to_string(generation) + ' ' + std::to_string(secret) + ';';
  const std::size_t size = secret % 10 == 9 ? 150'000 : 40;
  std::string out;
  while (out.size() < size) out += unit;
  return out;
}

std::map<std::string, std::string> values(int generation) {
  std::map<std::string, std::string> out;
  for (int i = 0; i < kSecrets; ++i) out.emplace(name_of(i), value_of(generation, i));
  return out;
}

// What the readers and the test see of each other.
struct Board {
  std::array<std::atomic<long>, kReaders> reads{};
  std::atomic<bool> stop = false;
};

std::string slurp(int fd) {
  std::string out;
  std::array<char, 65536> block;
  for (;;) {
    const ssize_t count = ::pread(fd, block.data(), block.size(), static_cast<off_t>(out.size()));
    if (count < 0) throw SystemError("cannot read", "a secret", errno);
    if (count == 0) return out;
    out.append(block.data(), static_cast<std::size_t>(count));
  }
}

// One reader, in a process of its own: says what was wrong, or nothing.
std::string read_on(const std::string& view, int number, Board& board) {
  int newest = 0;
  while (!board.stop) {
    Fd kept;
    std::string kept_value;
    for (int i = 0; i < kSecrets; ++i) {
      const int secret = (i + number * 7) % kSecrets;
      const std::string path = view + name_of(secret);
      Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
      if (!fd.valid()) return "open " + path + ": errno " + std::to_string(errno);
      std::string text;
      try {
        text = slurp(fd.get());
      } catch (const SystemError& error) {
        return path + ": " + error.what();
      }
      const int generation = std::atoi(text.c_str());
      if (text != value_of(generation, secret)) return path + ": wrong value: " + text.substr(0, 60);
      if (generation < newest) return path + ": generation " + std::to_string(generation) + " again";
      newest = generation;
      ++board.reads.at(static_cast<std::size_t>(number));
      if (i != 0) continue;
      kept = std::move(fd);
      kept_value = std::move(text);
    }
    try {
      if (slurp(kept.get()) != kept_value) return "an open file changed its value";
    } catch (const SystemError& error) {
      return std::string("an open file: ") + error.what();
    }
  }
  return {};
}

struct Readers {
  Readers(const std::string& view, Board& board) {
    for (int i = 0; i < kReaders; ++i) {
      all.push_back(std::make_unique<Visitor>(
          kOwner, kOwner, [&view, &board, i]() -> Seen { return {.text = read_on(view, i, board)}; },
          VisitBy::process));
    }
  }
  std::vector<std::unique_ptr<Visitor>> all;
};

// Asks again until the service that is there has done it: the one that was asked may have been killed.
template <typename Call>
void insist(Call call) {
  for (int i = 0;; ++i) {
    try {
      call();
      return;
    } catch (const Error&) {
      if (i == 1000) throw;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }
}

}  // namespace

TEST_CASE("five hundred kills while eight readers read fifty secrets: no failed and no wrong read") {
  Host host;
  auto* board =
      new (::mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)) Board();
  Program program(host);
  pid_t server = program.serving();
  auto service = host.client();
  int generation = 1;
  service.flip(service.stage(host.bundle(values(generation))).generation);
  const std::string view = host.view("");
  const auto begin = std::chrono::steady_clock::now();
  Readers readers(view, *board);

  std::minstd_rand random(4711);  // the moments of death; any will do
  for (int i = 0; i < kKills; ++i) {
    const std::chrono::microseconds moment(random() % 15'000);
    if (i % 20 == 10) {
      const std::string next = [&] {
        std::string id;
        insist([&] { id = service.stage(host.bundle(values(++generation))).generation; });
        return id;
      }();
      // Dies while it flips, or just before or after.
      std::thread flipping([&service, &next] { insist([&] { service.flip(next); }); });
      std::this_thread::sleep_for(moment / 10);
      ::kill(server, SIGKILL);
      flipping.join();
    } else {
      std::this_thread::sleep_for(moment);
      ::kill(server, SIGKILL);
    }
    server = program.serving(server);
  }
  std::array<long, kReaders> before{};
  for (std::size_t i = 0; i < before.size(); ++i) before.at(i) = board->reads.at(i);
  const auto enough = [&] {
    for (std::size_t i = 0; i < before.size(); ++i) {
      if (board->reads.at(i) < before.at(i) + kSecrets) return false;
    }
    return true;
  };
  for (int i = 0; i < 2000 && !enough(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  CHECK(enough());
  board->stop = true;
  long reads = 0;
  for (std::size_t i = 0; i < readers.all.size(); ++i) {
    CHECK(readers.all.at(i)->finish() == Seen{});
    reads += board->reads.at(i);
  }
  const auto took =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
  std::printf("%d kills, %ld reads by %d readers, %d generations, %lld ms\n", kKills, reads, kReaders,
              generation, static_cast<long long>(took.count()));
  const auto status = host.client().status();
  REQUIRE(status.views.size() == 1);
  CHECK(status.views[0].taken_over);
  CHECK(host.client().audit({.limit = 1}).size() == 1);
}

TEST_CASE("a holder that cannot note its service's process starts it all the same") {
  Host host;
  std::filesystem::create_directories(host.options().runtime_dir + "/holder.child/in-the-way");
  Program program(host);
  auto service = host.client();
  service.flip(service.stage(host.bundle({{"app/a", "x"}})).generation);
  const pid_t first = program.serving();
  ::kill(first, SIGKILL);
  static_cast<void>(program.serving(first));
  CHECK(owner_reads(host.view("app/a")) == Seen{0, "x"});
  CHECK(program.end() == 0);
}

TEST_CASE("an orderly end of the holder takes the views away") {
  Host host;
  Program program(host);
  auto service = host.client();
  service.flip(service.stage(host.bundle({{"app/a", "x"}})).generation);
  const std::string view = host.options().runtime_dir + "/view/" + std::to_string(kOwner);
  REQUIRE(secrets::mounted_at(secrets::current_mounts(), view));
  CHECK(program.end() == 0);
  CHECK_FALSE(secrets::mounted_at(secrets::current_mounts(), view));
}

TEST_CASE("when the holder alone is killed its service ends, readers are told, and a new one serves on") {
  Host host;
  auto first = std::make_unique<Program>(host);
  auto service = host.client();
  const auto generation = service.stage(host.bundle({{"app/a", "x"}})).generation;
  service.flip(generation);
  const pid_t orphan = first->serving();
  const std::string view = host.options().runtime_dir + "/view/" + std::to_string(kOwner);
  std::array<int, 2> told{};
  std::array<int, 2> go{};
  REQUIRE(::pipe(told.data()) == 0);
  REQUIRE(::pipe(go.data()) == 0);
  Visitor reader(
      kOwner, kOwner,
      [&]() -> Seen {
        const Fd kept(::open((view + "/app/a").c_str(), O_RDONLY | O_CLOEXEC));
        char byte = 0;
        if (::write(told[1], &byte, 1) != 1 || ::read(go[0], &byte, 1) != 1) return {.code = EPIPE};
        return read_fd(kept.get());
      },
      VisitBy::process);
  char byte = 0;
  REQUIRE(::read(told[0], &byte, 1) == 1);

  first->kill_holder();
  // Started at once, while the orphan may still be ending.
  Program second(host);
  static_cast<void>(second.serving(orphan));
  CHECK_THAT(read_file(second.log_path()), Catch::Matchers::Contains("the holder of the views was killed"));
  REQUIRE(::write(go[1], &byte, 1) == 1);
  CHECK(reader.finish().code == ENOTCONN);
  CHECK(host.client().status().generation == generation);
  CHECK(owner_reads(view + "/app/a") == Seen{0, "x"});
  for (const int fd : {told[0], told[1], go[0], go[1]}) ::close(fd);
}

TEST_CASE("a service that was never ready ends its holder with its own status") {
  Host host;
  Program first(host);
  const int status = [&] {
    const pid_t pid = ::fork();
    if (pid == 0) {
      ::unsetenv("NOTIFY_SOCKET");
      ::dup2(::open("/dev/null", O_WRONLY), STDERR_FILENO);
      ::execl(HWCSYNC_PROGRAM, HWCSYNC_PROGRAM, "secretsd", "--config", "/nowhere", nullptr);
      ::_exit(127);
    }
    int ended = 0;
    ::waitpid(pid, &ended, 0);
    return ended;
  }();
  CHECK(WEXITSTATUS(status) == 78);
}
