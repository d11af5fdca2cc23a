#include "gitops/source/fetch.hpp"

#include "gitops/source/repository.hpp"
#include "src/base/error.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/git_fixture.hpp"

namespace hwcsync::git {
namespace {

using test::GitFixture;

TEST_CASE("a fetch brings branches and leaves our refs alone, even those the source offers") {
  GitFixture fixture;
  const std::string first = fixture.commit("first");
  fixture.push("main:refs/hwcsync/deployed/server");  // a pushed ref must not move our anchor
  const std::string mirror = fixture.path() + "/mirror.git";
  Repository repository = Repository::init_bare(mirror);
  SystemProcessRunner runner;
  const FetchOptions options{
      .mirror = mirror, .remote = fixture.bare(), .scratch = fixture.path() + "/scratch"};
  fetch(runner, options);
  CHECK(repository.resolve("main")->hex() == first);
  CHECK_FALSE(repository.read_ref(deployed_ref("server")));
  repository.write_ref(deployed_ref("server"), *ObjectId::parse(first));
  const std::string second = fixture.commit("second");
  CHECK(remote_head(runner, options, "main")->hex() == second);
  fetch(runner, options);
  CHECK(repository.resolve("main")->hex() == second);
  CHECK(repository.read_ref(deployed_ref("server"))->hex() == first);
  CHECK_FALSE(remote_head(runner, options, "nosuch"));
}

TEST_CASE("a source that is not there is an error with git's words") {
  const test::TemporaryDirectory dir;
  const std::string mirror = dir.path() + "/mirror.git";
  (void)Repository::init_bare(mirror);
  SystemProcessRunner runner;
  const FetchOptions options{
      .mirror = mirror, .remote = dir.path() + "/none", .scratch = dir.path() + "/scratch"};
  CHECK_THROWS_AS(fetch(runner, options), Error);
  FetchOptions option_injection = options;
  option_injection.remote = "--upload-pack=/bin/true";
  CHECK_THROWS_AS(fetch(runner, option_injection), Error);
}

}  // namespace
}  // namespace hwcsync::git
