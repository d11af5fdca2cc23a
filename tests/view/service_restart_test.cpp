#include "tests/support/catch.hpp"
#include "tests/view/service_fixture.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace hwcsync;
using namespace hwcsync::test;

TEST_CASE("a killed service is restarted without one failed read, on the same mount") {
  Host host;
  host.start();
  const auto generation = deploy(host, {{"app/a", "the value"}});
  const auto path = host.bound("app/a");
  const Seen before = as_user(kOwner, kOwner, [&] { return inode(path); });
  std::array<int, 2> stop{};
  REQUIRE(::pipe2(stop.data(), O_NONBLOCK) == 0);
  Visitor reader(
      kOwner, kOwner,
      [&]() -> Seen {
        char byte = 0;
        do {
          const Seen seen = read_path(path);
          if (seen.code != 0 || seen.text != "the value") return seen;
        } while (::read(stop[0], &byte, 1) != 1);
        return {.text = "never failed"};
      },
      VisitBy::process);
  for (int i = 0; i < 3; ++i) {
    host.kill(SIGKILL);
    host.start();
  }
  const char byte = 0;
  REQUIRE(::write(stop[1], &byte, 1) == 1);
  CHECK(reader.finish() == Seen{0, "never failed"});
  CHECK(as_user(kOwner, kOwner, [&] { return inode(path); }) == before);
  const auto status = host.client().status();
  CHECK(status.generation == generation);
  REQUIRE(status.views.size() == 1);
  CHECK(status.views[0].taken_over);
  for (const int fd : stop) ::close(fd);
}

TEST_CASE("a service that dies between flip and switch goes on with what it had flipped to") {
  Host host;
  host.start();
  const auto old = deploy(host, {{"app/a", "old"}});
  auto service = host.client();
  service.flip(service.stage(host.bundle({{"app/a", "new"}})).generation);
  host.kill(SIGKILL);
  host.start();
  CHECK(owner_reads(host.bound("app/a")) == Seen{0, "new"});
  // A system that was switched since says what counts.
  const auto third = service.stage(host.bundle({{"app/a", "third"}})).generation;
  host.kill(SIGKILL);
  host.record(third);
  host.start();
  CHECK(owner_reads(host.bound("app/a")) == Seen{0, "third"});
  // A reload does not take back what a run is about to switch to.
  service.flip(old);
  service.reload();
  CHECK(owner_reads(host.bound("app/a")) == Seen{0, "old"});
  host.kill(SIGKILL);
  host.start();
  CHECK(owner_reads(host.bound("app/a")) == Seen{0, "old"});
}

TEST_CASE("after a switch the flip is over, so that a switch back by hand counts") {
  Host host;
  host.start();
  const auto old = deploy(host, {{"app/a", "old"}});
  auto service = host.client();
  const auto fresh = service.stage(host.bundle({{"app/a", "new"}})).generation;
  service.flip(fresh);
  host.record(fresh);
  CHECK(service.status().recorded == fresh);
  host.record(old);
  SECTION("at a reload") {
    service.reload();
  }
  SECTION("at a restart") {
    host.kill(SIGKILL);
    host.start();
  }
  CHECK(owner_reads(host.bound("app/a")) == Seen{0, "old"});
}

TEST_CASE("a reload tries again what could not be decrypted, also in the middle of a run") {
  Host host;
  const std::string key = host.path("key");
  std::filesystem::rename(key, key + ".away");
  host.start();
  auto service = host.client();
  service.flip(service.stage(host.bundle({{"app/a", "x"}})).generation);
  CHECK(owner_reads(host.bound("app/a")) == Seen{EIO, ""});
  std::filesystem::rename(key + ".away", key);
  service.reload();
  CHECK(owner_reads(host.bound("app/a")) == Seen{0, "x"});
  CHECK(service.status().failures.empty());
}

TEST_CASE("a reload without the key takes away nothing that could be read, whatever else is broken") {
  Host host;
  host.start();
  auto bundle = host.bundle({{"app/a", "mine"}});
  auto manifest = secrets::parse_manifest(bundle.manifest);
  auto foreign = Host::foreign_bundle({{"app/b", "theirs"}});
  manifest.files.push_back(secrets::parse_manifest(foreign.manifest).files.front());
  bundle.manifest = secrets::serialise(manifest);
  bundle.ciphertexts.merge(foreign.ciphertexts);
  auto service = host.client();
  service.flip(service.stage(bundle).generation);
  const std::string key = host.path("key");
  std::filesystem::rename(key, key + ".away");
  SECTION("by a reload") {
    service.reload();
  }
  SECTION("by staging the same again") {
    service.flip(service.stage(bundle).generation);
  }
  CHECK(owner_reads(host.bound("app/a")) == Seen{0, "mine"});
  CHECK(owner_reads(host.bound("app/b")) == Seen{EIO, ""});
  CHECK(service.status().failures.size() == 1);
}

TEST_CASE("a file opened before a flip and a death reads on what it was opened in") {
  Host host;
  host.start();
  deploy(host, {{"app/a", "old"}});
  std::array<int, 2> told{};
  std::array<int, 2> go{};
  REQUIRE(::pipe(told.data()) == 0);
  REQUIRE(::pipe(go.data()) == 0);
  Visitor reader(
      kOwner, kOwner,
      [&]() -> Seen {
        const Fd kept(::open(host.bound("app/a").c_str(), O_RDONLY));
        char byte = 0;
        if (::write(told[1], &byte, 1) != 1 || ::read(go[0], &byte, 1) != 1) return {.code = EPIPE};
        return read_fd(kept.get());
      },
      VisitBy::process);
  char byte = 0;
  REQUIRE(::read(told[0], &byte, 1) == 1);
  deploy(host, {{"app/a", "new"}});
  host.kill(SIGKILL);
  host.start();
  REQUIRE(::write(go[1], &byte, 1) == 1);
  CHECK(reader.finish() == Seen{0, "old"});
  CHECK(owner_reads(host.bound("app/a")) == Seen{0, "new"});
  for (const int fd : {told[0], told[1], go[0], go[1]}) ::close(fd);
}

TEST_CASE("an orderly restart keeps the mount too") {
  Host host;
  host.start();
  deploy(host, {{"app/a", "x"}});
  host.kill(SIGTERM);
  host.start();
  CHECK(owner_reads(host.bound("app/a")) == Seen{0, "x"});
  CHECK(host.client().status().views[0].taken_over);
}

TEST_CASE("after a reboot the recorded generation is served without anybody's help") {
  Host host;
  host.start();
  const auto generation = deploy(host, {{"app/a", "x"}});
  host.kill(SIGKILL);
  host.lose_mounts();
  host.start();
  CHECK(owner_reads(host.view("app/a")) == Seen{0, "x"});
  CHECK(owner_reads(host.bound("app/a")) == Seen{0, "x"});
  CHECK(host.client().status().generation == generation);
}

TEST_CASE("mounts that nobody answers for are cleared at start") {
  Host host;
  host.start();
  deploy(host, {{"app/a", "x"}});
  host.kill(SIGKILL);
  // The mounts stay and their connection is lost with the descriptors, as without a descriptor store.
  host.forget_descriptors();
  CHECK(owner_reads(host.bound("app/a")).code == ENOTCONN);
  host.start();
  CHECK(owner_reads(host.bound("app/a")) == Seen{0, "x"});
}

TEST_CASE("a recorded generation that is not there means: serve nothing and say so") {
  Host host;
  host.record(std::string(64, 'a'));
  host.start();
  auto service = host.client();
  CHECK_THAT(service.status().problem, Catch::Matchers::Contains("not stored"));
  CHECK_THROWS_WITH(service.mount(kOwner), Catch::Matchers::Contains("io.hwcsync.Secrets.NotServing"));
  // A run brings it back.
  service.flip(service.stage(host.bundle({{"app/a", "x"}})).generation);
  CHECK(service.mount(kOwner).problem.empty());
  CHECK(owner_reads(host.bound("app/a")) == Seen{0, "x"});
}

TEST_CASE("a reload serves what the running system names now") {
  Host host;
  host.start();
  const auto old = deploy(host, {{"app/a", "old"}});
  deploy(host, {{"app/a", "new"}});
  CHECK(owner_reads(host.bound("app/a")) == Seen{0, "new"});
  host.record(old);
  SECTION("by the method") {
    host.client().reload();
  }
  SECTION("by SIGHUP") {
    host.hang_up();
    host.hear("RELOADING=1");
    host.hear("READY=1");
  }
  CHECK(owner_reads(host.bound("app/a")) == Seen{0, "old"});
}

TEST_CASE("a rollback by hand is followed though nobody says so, and a run in the middle is left alone") {
  Host host;
  host.watch_every(std::chrono::milliseconds(50));
  host.start();
  const auto old = deploy(host, {{"app/a", "old"}});
  deploy(host, {{"app/a", "new"}});
  host.record(old);
  for (int i = 0; i < 200 && owner_reads(host.bound("app/a")).text != "old"; ++i) ::usleep(50'000);
  CHECK(owner_reads(host.bound("app/a")) == Seen{0, "old"});
  auto service = host.client();
  service.flip(service.stage(host.bundle({{"app/a", "next"}})).generation);
  ::usleep(300'000);  // some looks of the watch
  CHECK(owner_reads(host.bound("app/a")) == Seen{0, "next"});
}

TEST_CASE("who asks for a view after a switch by hand gets that of the system that runs, or none") {
  Host host;
  host.watch_every(std::chrono::hours(1));
  host.start();
  const auto old = deploy(host, {{"app/a", "old"}});
  deploy(host, {{"app/a", "new"}});
  host.record(old);
  CHECK(host.client().mount(kOwner).problem.empty());
  CHECK(owner_reads(host.bound("app/a")) == Seen{0, "old"});
  host.record(std::string(64, 'a'));
  CHECK_THROWS_WITH(host.client().mount(kOwner), Catch::Matchers::Contains("io.hwcsync.Secrets.NotServing"));
  CHECK_THAT(host.client().status().problem, Catch::Matchers::Contains("not stored on this machine"));
}

TEST_CASE("what the system named still counts when that cannot be read") {
  Host host;
  host.start();
  const auto generation = deploy(host, {{"app/a", "x"}});
  std::filesystem::remove(host.options().generation_file);
  std::filesystem::create_directory(host.options().generation_file);
  host.client().reload();
  CHECK(host.client().status().recorded == generation);
  CHECK_FALSE(host.client().status().problem.empty());
  CHECK(owner_reads(host.bound("app/a")) == Seen{0, "x"});
}

TEST_CASE("a runtime directory that goes and comes back gets its view again") {
  Host host;
  host.start();
  deploy(host, {{"app/a", "x"}});
  const Seen before = as_user(kOwner, kOwner, [&] { return inode(host.bound("app/a")); });
  const std::string home = host.options().user_runtime_root + '/' + std::to_string(kOwner);
  // What logind does at the last logout and the next login.
  host.unbind();
  std::filesystem::remove_all(home);
  CHECK(host.client().mount(kOwner).bound.empty());
  std::filesystem::create_directories(home);
  CHECK_FALSE(host.client().mount(kOwner).bound.empty());
  CHECK(as_user(kOwner, kOwner, [&] { return inode(host.bound("app/a")); }) == before);
}
