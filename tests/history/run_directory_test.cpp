#include "gitops/history/run_directory.hpp"

#include "gitops/history/deployed.hpp"
#include "src/base/error.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_directory.hpp"

#include <filesystem>
#include <fstream>

#include <sys/stat.h>

namespace hwcsync::history {
namespace {

TEST_CASE("ids increase and are never given twice") {
  const test::TemporaryDirectory dir;
  CHECK(RunDirectory::allocate(dir.path(), {.host = "a", .to = "x"}).id() == 1);
  CHECK(RunDirectory::allocate(dir.path(), {.host = "a", .to = "x"}).id() == 2);
  std::filesystem::create_directory(dir.path() + "/runs/9");
  std::filesystem::create_directory(dir.path() + "/runs/notes");
  CHECK(RunDirectory::allocate(dir.path(), {.host = "a", .to = "x"}).id() == 10);
  CHECK(RunDirectory::list(dir.path()) == std::vector<RunId>{1, 2, 9, 10});
}

TEST_CASE("a request comes back as it was written") {
  const test::TemporaryDirectory dir;
  const auto run = RunDirectory::allocate(dir.path(), {.host = "server",
                                                       .from = "aa",
                                                       .to = "main",
                                                       .plan = "7c1e",
                                                       .trigger = {"push", "eric"},
                                                       .acks = {"x", "y"},
                                                       .operation = Operation::rollback,
                                                       .target_run = 7});
  const auto request = RunDirectory::open(dir.path(), run.id()).request();
  REQUIRE(request.has_value());
  CHECK(request->id == run.id());
  CHECK(request->from == "aa");
  CHECK(request->plan == "7c1e");
  CHECK(request->trigger.who == "eric");
  CHECK(request->acks == std::set<std::string>{"x", "y"});
  CHECK(request->operation == Operation::rollback);
  CHECK(request->target_run == 7);
}

TEST_CASE("an unknown operation is not guessed at") {
  CHECK_THROWS_AS(request_from_json({{"id", 1}, {"host", "a"}, {"to", "b"}, {"operation", "reboot"}}), Error);
  CHECK_THROWS_AS(request_from_json({{"id", 1}}), Error);
}

TEST_CASE("a run that is not there is an error that names it") {
  const test::TemporaryDirectory dir;
  CHECK_THROWS_WITH(RunDirectory::open(dir.path(), 3), Catch::Matchers::Contains("run 3"));
}

TEST_CASE("deployed.json can be read by everybody and comes back whole") {
  const test::TemporaryDirectory dir;
  CHECK_FALSE(read_deployed(dir.path()).has_value());
  const Deployed written{.host = "server",
                         .revision = "r",
                         .generated = "g",
                         .store_path = "/nix/store/x",
                         .secrets_generation = "s",
                         .run = 4,
                         .at = std::chrono::system_clock::from_time_t(1'795'000'000)};
  write_deployed(dir.path(), written);
  const auto read = read_deployed(dir.path());
  REQUIRE(read.has_value());
  CHECK(read->store_path == "/nix/store/x");
  CHECK(read->run == 4);
  CHECK(read->at == written.at);
  struct stat info {};
  REQUIRE(::stat((dir.path() + "/deployed.json").c_str(), &info) == 0);
  CHECK((info.st_mode & 0777U) == 0644U);
}

}  // namespace
}  // namespace hwcsync::history
