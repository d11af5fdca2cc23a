#include "gitops/apply/export_tree.hpp"

#include "src/base/fd.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/git_fixture.hpp"

#include <sys/stat.h>

namespace hwcsync::apply {
namespace {

TEST_CASE("a commit is exported whole, with modes and links, and once") {
  test::GitFixture git;
  git.write("flake.nix", "{ }\n");
  git.write("bin/run", "#!/bin/sh\n");
  std::filesystem::permissions(git.work() + "/bin/run", std::filesystem::perms::owner_exec,
                               std::filesystem::perm_options::add);
  std::filesystem::create_symlink("bin/run", git.work() + "/link");
  const auto id = git::ObjectId::parse(git.commit("one"));
  const git::Repository mirror(git.bare());
  const std::string path = export_tree(git.path(), mirror, *id);
  CHECK(read_file(path + "/flake.nix") == "{ }\n");
  CHECK(std::filesystem::read_symlink(path + "/link") == "bin/run");
  struct stat info {};
  REQUIRE(::stat((path + "/bin/run").c_str(), &info) == 0);
  CHECK((info.st_mode & 0111U) != 0U);
  CHECK_FALSE(std::filesystem::exists(path + ".half"));
  // A second export takes what is there; a half one from before a crash is in nobody's way.
  CHECK(export_tree(git.path(), mirror, *id) == path);
  std::filesystem::rename(path, path + ".half");
  CHECK(export_tree(git.path(), mirror, *id) == path);
}

}  // namespace
}  // namespace hwcsync::apply
