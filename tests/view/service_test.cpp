#include "secrets/service/holder.hpp"
#include "secrets/view/mount_table.hpp"
#include "src/base/error.hpp"
#include "src/base/varlink.hpp"
#include "src/base/varlink_client.hpp"
#include "tests/support/catch.hpp"
#include "tests/view/service_fixture.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>

#include <sys/stat.h>
#include <unistd.h>

using namespace hwcsync;
using namespace hwcsync::test;
using secrets::Fact;

namespace {

// Whether some file below the directory holds these bytes.
bool found_below(const std::string& directory, const std::string& bytes) {
  return std::ranges::any_of(
      std::filesystem::recursive_directory_iterator(directory), [&](const auto& entry) {
        return entry.is_regular_file() && read_file(entry.path().string()).find(bytes) != std::string::npos;
      });
}

}  // namespace

TEST_CASE("an encrypted secret is staged, flipped and read by its owner and by nobody else") {
  Host host;
  host.start();
  auto service = host.client();
  CHECK(service.status().generation.empty());
  const auto bundle = host.bundle({{"app/token", "canary-4711"}});
  const auto staged = service.stage(bundle);
  REQUIRE(staged.facts.size() == 1);
  CHECK(staged.facts[0].fact == Fact::unknown);
  CHECK(staged.generation == secrets::generation_id(secrets::parse_manifest(bundle.manifest)));
  CHECK(owner_reads(host.view("app/token")).code == ENOENT);

  service.flip(staged.generation);
  CHECK(owner_reads(host.view("app/token")) == Seen{0, "canary-4711"});
  CHECK(owner_reads(host.bound("app/token")) == Seen{0, "canary-4711"});
  CHECK(owner_reads(host.bound(".generation")) == Seen{0, staged.generation + "\n"});
  CHECK(as_user(kStranger, kStranger, [&] { return read_path(host.view("app/token")); }) == Seen{EACCES, ""});

  const auto status = service.status();
  CHECK(status.generation == staged.generation);
  REQUIRE(status.views.size() == 1);
  CHECK(status.views[0].bound + "/app/token" == host.bound("app/token"));
  CHECK(status.audit.opens == 2);
  CHECK(status.audit.denials >= 1);
  CHECK(status.recipients.size() == 1);

  const auto records = service.audit({.limit = 100, .stack = "app"});
  REQUIRE(records.size() >= 4);
  CHECK(records[0].op == secrets::AuditOp::deny);
  CHECK(records[0].uid == kStranger);
  CHECK(records[0].result == "Permission denied");
  CHECK(records[0].stack == "app");
  CHECK(records.back().op == secrets::AuditOp::open);
  CHECK(records.back().pid > 0);
  CHECK_THAT(records.back().exe, Catch::Matchers::Contains("secret_service_fuse_test"));

  // What is encrypted is on disk, what is not is not: the search must be able to find something.
  CHECK(found_below(host.path("state"), bundle.ciphertexts.begin()->second));
  CHECK_FALSE(found_below(host.path("state"), "canary-4711"));
}

TEST_CASE("facts compare with what is served and change nothing") {
  Host host;
  host.start();
  auto service = host.client();
  service.flip(service.stage(host.bundle({{"app/a", "one"}, {"app/b", "two"}})).generation);
  const auto before = service.status();
  // New ciphertexts of the same values are another generation with the same contents.
  const auto facts = service.facts(host.bundle({{"app/a", "one"}, {"app/b", "other"}, {"app/c", "new"}}));
  REQUIRE(facts.size() == 3);
  CHECK(facts[0].fact == Fact::same);
  CHECK(facts[1].fact == Fact::rotated);
  CHECK(facts[2].fact == Fact::unknown);
  const auto foreign = service.facts(Host::foreign_bundle({{"app/a", "one"}}));
  CHECK(foreign[0].fact == Fact::undecryptable);
  CHECK_THAT(foreign[0].reason, Catch::Matchers::Contains("no match"));
  CHECK(service.status().staged == before.staged);
}

TEST_CASE("a flip forward and back changes what is read, and a dropped generation is gone") {
  Host host;
  host.start();
  auto service = host.client();
  const auto first = service.stage(host.bundle({{"app/a", "first"}})).generation;
  service.flip(first);
  const auto second = service.stage(host.bundle({{"app/a", "second"}})).generation;
  CHECK(owner_reads(host.bound("app/a")) == Seen{0, "first"});
  service.flip(second);
  CHECK(owner_reads(host.bound("app/a")) == Seen{0, "second"});
  CHECK_THROWS_WITH(service.drop(second), Catch::Matchers::Contains("io.hwcsync.Secrets.GenerationInUse"));
  service.flip(first);
  CHECK(owner_reads(host.bound("app/a")) == Seen{0, "first"});
  service.drop(second);
  CHECK_THROWS_WITH(service.flip(second), Catch::Matchers::Contains("io.hwcsync.Secrets.UnknownGeneration"));
  CHECK_FALSE(std::filesystem::exists(host.path("state/secrets/" + second)));
}

TEST_CASE("a secret that cannot be decrypted does not take the others along") {
  Host host;
  host.start();
  auto service = host.client();
  auto bundle = host.bundle({{"app/a", "fine"}});
  const auto foreign = Host::foreign_bundle({{"app/b", "lost"}});
  auto manifest = secrets::parse_manifest(bundle.manifest);
  manifest.files.push_back(secrets::parse_manifest(foreign.manifest).files[0]);
  bundle.manifest = secrets::serialise(manifest);
  bundle.ciphertexts.insert(foreign.ciphertexts.begin(), foreign.ciphertexts.end());
  service.flip(service.stage(bundle).generation);
  CHECK(owner_reads(host.bound("app/a")) == Seen{0, "fine"});
  CHECK(owner_reads(host.bound("app/b")) == Seen{EIO, ""});
  const auto status = service.status();
  REQUIRE(status.failures.size() == 1);
  CHECK(status.failures[0].path == "app/b");
  CHECK_THAT(status.failures[0].reason, Catch::Matchers::Contains("no match"));
}

TEST_CASE("what cannot be used is refused by name and breaks nothing") {
  Host host;
  host.start();
  auto service = host.client();
  auto bundle = host.bundle({{"app/a", "x"}});
  SECTION("a manifest with unknown keys") {
    bundle.manifest = R"({"version":1,"nonsense":true})";
    CHECK_THROWS_WITH(service.stage(bundle), Catch::Matchers::Contains("io.hwcsync.Secrets.BadManifest"));
  }
  SECTION("a ciphertext that is missing") {
    bundle.ciphertexts.clear();
    CHECK_THROWS_WITH(service.stage(bundle), Catch::Matchers::Contains("io.hwcsync.Secrets.BadManifest"));
  }
  SECTION("a ciphertext that is not what its id says") {
    bundle.ciphertexts.begin()->second += "x";
    CHECK_THROWS_WITH(service.stage(bundle), Catch::Matchers::Contains("InvalidParameter"));
  }
  CHECK(service.status().staged.empty());
}

TEST_CASE("only our own uid is answered, whatever the socket's mode says") {
  Host host;
  host.start();
  REQUIRE(::chmod(host.options().socket.c_str(), 0666) == 0);
  const Seen seen = as_user(kStranger, kStranger, [&]() -> Seen {
    try {
      VarlinkClient::connect(host.options().socket)
          .call("io.hwcsync.Secrets.Status", Json::object(), std::chrono::seconds(10));
      return {.text = "answered"};
    } catch (const std::exception& error) {
      return {.text = error.what()};
    }
  });
  CHECK_THAT(seen.text, Catch::Matchers::Contains("org.varlink.service.PermissionDenied"));
}

TEST_CASE("who may not ask for a view is told so at once, and not after a minute of waiting") {
  Host host;
  host.start();
  const auto ask = [&]() -> Seen {
    SystemClock clock;
    auto service = host.client();
    try {
      static_cast<void>(secrets::wait_for_view(service, kOwner, std::chrono::hours(1), clock));
    } catch (const RefusedError& error) {
      return {.text = error.what()};
    }
    return {.text = "waited"};
  };
  const std::string told = "only the user that the secrets service runs as may";
  CHECK_THAT(as_user(kStranger, kStranger, ask).text, Catch::Matchers::Contains(told));
  const auto look = [&]() -> Seen {
    try {
      static_cast<void>(host.client().status());
    } catch (const RefusedError& error) {
      return {.text = error.what()};
    }
    return {.text = "answered"};
  };
  CHECK_THAT(as_user(kStranger, kStranger, look).text, Catch::Matchers::Contains("not permitted"));
  REQUIRE(::chmod(host.options().socket.c_str(), 0666) == 0);
  CHECK_THAT(as_user(kStranger, kStranger, ask).text, Catch::Matchers::Contains(told));
}

TEST_CASE("a view can be asked for before there is any secret") {
  Host host;
  host.start();
  auto service = host.client();
  const auto view = service.mount(kOwner);
  CHECK(view.files == 0);
  CHECK(view.problem.empty());
  CHECK(as_user(kOwner, kOwner, [&] { return list(host.bound("")); }) == Seen{0, ". .. .generation"});
  service.flip(service.stage(host.bundle({{"app/a", "x"}})).generation);
  CHECK(owner_reads(host.bound("app/a")) == Seen{0, "x"});
}

TEST_CASE("without an identity everything else works and the status says why nothing decrypts") {
  Host host;
  std::filesystem::remove(host.path("key"));
  host.start();
  auto service = host.client();
  CHECK(service.stage(host.bundle({{"app/a", "x"}})).facts[0].fact == Fact::undecryptable);
  REQUIRE(service.status().identity_problems.size() == 1);
  CHECK_THAT(service.status().identity_problems[0], Catch::Matchers::Contains(host.path("key")));
}

TEST_CASE("directories on the way to a view are open whatever the umask of the service is") {
  Host host;
  host.start();
  host.client().flip(host.client().stage(host.bundle({{"app/a", "x"}})).generation);
  struct stat found {};
  REQUIRE(::stat(host.path("run").c_str(), &found) == 0);
  CHECK((found.st_mode & 07777U) == 0755);
  REQUIRE(::stat(host.path("run/view").c_str(), &found) == 0);
  CHECK((found.st_mode & 07777U) == 0711);
  CHECK(owner_reads(host.view("app/a")) == Seen{0, "x"});
}

TEST_CASE("a user whose view cannot be mounted does not take the others along and is tried again") {
  Host host;
  host.watch_every(std::chrono::milliseconds(50));
  host.start();
  auto bundle = host.bundle({{"app/a", "mine"}, {"other/b", "theirs"}});
  auto manifest = secrets::parse_manifest(bundle.manifest);
  manifest.files[1].uid = manifest.files[1].gid = kStranger;
  bundle.manifest = secrets::serialise(manifest);
  const std::string obstacle = host.path("run/view/" + std::to_string(kStranger));
  std::filesystem::create_directories(host.path("run/view"));
  std::ofstream(obstacle) << "in the way";

  auto service = host.client();
  const auto generation = service.stage(bundle).generation;
  const auto not_shown = service.flip(generation);
  REQUIRE(not_shown.size() == 1);
  CHECK(not_shown[0].uid == kStranger);
  CHECK_THAT(not_shown[0].problem, Catch::Matchers::Contains("cannot mount the view " + obstacle));
  host.record(generation);
  // At the start, too: no restart loop.
  host.kill(SIGKILL);
  host.start();
  CHECK(owner_reads(host.bound("app/a")) == Seen{0, "mine"});
  const auto views = host.client().status().views;
  REQUIRE(views.size() == 2);
  CHECK(views[0].problem.empty());
  CHECK(views[1].uid == kStranger);
  CHECK_THAT(views[1].problem, Catch::Matchers::Contains("cannot mount the view " + obstacle));
  CHECK_THROWS_WITH(host.client().mount(kStranger), Catch::Matchers::Contains("cannot mount the view"));

  std::filesystem::remove(obstacle);
  const auto read = [&] {
    return as_user(kStranger, kStranger, [&] { return read_path(obstacle + "/other/b"); });
  };
  for (int i = 0; i < 200 && read().code != 0; ++i) ::usleep(50'000);
  CHECK(read() == Seen{0, "theirs"});
}

TEST_CASE("what users put in the way in a runtime directory of theirs stops no flip") {
  Host host;
  host.start();
  const std::filesystem::path theirs = std::filesystem::path(host.bound("mine")).parent_path();
  std::filesystem::create_directory(theirs);
  std::ofstream(theirs / "mine") << "x";
  auto service = host.client();
  CHECK(service.flip(service.stage(host.bundle({{"app/a", "x"}})).generation).empty());
  CHECK_FALSE(service.status().views.at(0).problem.empty());
  CHECK(owner_reads(host.view("app/a")) == Seen{0, "x"});
}

TEST_CASE("when no view at all can be mounted a flip is refused and the former generation stays") {
  Host host;
  host.start();
  const std::string obstacle = host.path("run/view/" + std::to_string(kOwner));
  std::filesystem::create_directories(host.path("run/view"));
  std::ofstream(obstacle) << "in the way";
  auto service = host.client();
  const auto generation = service.stage(host.bundle({{"app/a", "x"}})).generation;
  CHECK_THROWS_WITH(service.flip(generation), Catch::Matchers::Contains("cannot mount the view"));
  CHECK(service.status().generation.empty());
  std::filesystem::remove(obstacle);
  service.flip(generation);
  CHECK(owner_reads(host.bound("app/a")) == Seen{0, "x"});
}

TEST_CASE("a view that somebody has unmounted is said to be gone and is mounted again") {
  Host host;
  host.start();
  const auto generation = deploy(host, {{"app/a", "x"}});
  REQUIRE(secrets::detach_mount(host.path("run/view/" + std::to_string(kOwner))));
  CHECK_THAT(host.client().status().views.at(0).problem, Catch::Matchers::Contains("unmounted"));
  SECTION("when it is asked for") {
    CHECK(host.client().mount(kOwner).problem.empty());
  }
  SECTION("by a flip") {
    host.client().flip(generation);
  }
  SECTION("by the watch") {
    host.kill(SIGTERM);
    host.watch_every(std::chrono::milliseconds(50));
    host.start();
    secrets::detach_mount(host.path("run/view/" + std::to_string(kOwner)));
    for (int i = 0; i < 200 && owner_reads(host.view("app/a")).code != 0; ++i) ::usleep(50'000);
  }
  CHECK(owner_reads(host.view("app/a")) == Seen{0, "x"});
  CHECK(owner_reads(host.bound("app/a")) == Seen{0, "x"});
}

TEST_CASE("a service with a runtime directory of its own leaves the views of another one alone") {
  Host first;
  first.start();
  deploy(first, {{"app/a", "of the first"}});
  Host second;
  second.share_users_of(first);
  second.start();
  deploy(second, {{"app/a", "of the second"}});
  CHECK(owner_reads(first.bound("app/a")) == Seen{0, "of the first"});
  CHECK(owner_reads(second.view("app/a")) == Seen{0, "of the second"});
  const auto views = second.client().status().views;
  REQUIRE(views.size() == 1);
  CHECK(views[0].bound.empty());
  CHECK_THAT(views[0].problem,
             Catch::Matchers::Contains("runtime directory " + first.path("run") + " shows its view there"));
  // What nobody answers for any more is in nobody's way.
  first.kill(SIGKILL);
  first.forget_descriptors();
  CHECK(second.client().mount(kOwner).problem.empty());
  CHECK(owner_reads(second.bound("app/a")) == Seen{0, "of the second"});
}

TEST_CASE("a second service for the same place is refused") {
  Host host;
  host.start();
  CHECK(as_user(0, 0, [&]() -> Seen {
          try {
            secrets::run_secretsd(host.options());
          } catch (const BusyError&) {
            return {.text = "busy"};
          }
          return {.text = "served"};
        }).text == "busy");
}

TEST_CASE("a holder beside a service that systemd started says so at once") {
  Host host;
  host.start();
  const Seen seen = as_user(0, 0, [&]() -> Seen {
    try {
      secrets::run_holder({.argv = {"/bin/false"},
                           .places = {.runtime_dir = host.options().runtime_dir,
                                      .user_runtime_root = host.options().user_runtime_root}});
    } catch (const BusyError& error) {
      return {.text = error.text().hint};
    }
    return {.text = "served"};
  });
  CHECK(seen == Seen{0, "systemctl status hwcsync-secrets"});
}
