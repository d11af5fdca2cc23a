#include "gitops/source/repository.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/git_fixture.hpp"

namespace hwcsync::git {
namespace {

using test::GitFixture;

TEST_CASE("files are read from a bare repository without a checkout") {
  GitFixture fixture;
  fixture.write("stacks/a/compose.yaml", "services: {}\n");
  fixture.write("README.md", "hello\n");
  fixture.commit("first");
  const Repository repository(fixture.bare());
  const GitTree tree = repository.tree(repository.require("main"));
  CHECK(tree.read("README.md") == "hello\n");
  CHECK(tree.blob_id("README.md") == "ce013625030ba8dba906f756967f9e9ca394464a");
  CHECK(tree.list("stacks")->front().name == "a");
  CHECK_FALSE(tree.read("stacks"));
  CHECK_FALSE(tree.read("stacks/b"));
  CHECK_FALSE(tree.list("README.md"));
}

TEST_CASE("the difference of two commits names paths and blobs") {
  GitFixture fixture;
  fixture.write("keep", "1");
  fixture.write("change", "1");
  fixture.write("drop", "1");
  const std::string first = fixture.commit("first");
  fixture.write("change", "2");
  fixture.write("new", "2");
  fixture.remove("drop");
  const std::string second = fixture.commit("second");
  const Repository repository(fixture.bare());
  const auto changes = repository.diff(ObjectId::parse(first), *ObjectId::parse(second));
  REQUIRE(changes.size() == 3);
  CHECK(changes[0].path == "change");
  CHECK((changes[1].path == "drop" && changes[1].new_blob.empty()));
  CHECK((changes[2].path == "new" && changes[2].old_blob.empty()));
  CHECK(repository.diff(std::nullopt, *ObjectId::parse(second)).size() == 3);
}

TEST_CASE("the difference of two commits reads no file, however large") {
  GitFixture fixture;
  fixture.write("a", "1");
  const std::string first = fixture.commit("first");
  fixture.write("a", "2");
  const std::string second = fixture.commit("second");
  const Repository repository(fixture.bare());
  const auto from = ObjectId::parse(first);
  const std::string blob = repository.tree(*ObjectId::parse(second)).blob_id("a").value();
  const std::string object = fixture.bare() + "/objects/" + blob.substr(0, 2) + '/' + blob.substr(2);
  REQUIRE(std::filesystem::remove(object));
  CHECK(repository.diff(from, *ObjectId::parse(second)).size() == 1);
}

TEST_CASE("revisions are written as Git writes them") {
  GitFixture fixture;
  const std::string first = fixture.commit("first");
  const std::string second = fixture.commit("second");
  const Repository repository(fixture.bare());
  CHECK(repository.resolve("main~1")->hex() == first);
  CHECK(repository.resolve(second.substr(0, 8) + "^")->hex() == first);
  CHECK_FALSE(repository.resolve("nosuch"));
  CHECK_FALSE(repository.resolve("-x"));
  CHECK(repository.is_ancestor(*ObjectId::parse(first), *ObjectId::parse(second)));
  CHECK_FALSE(repository.is_ancestor(*ObjectId::parse(second), *ObjectId::parse(first)));
  CHECK(repository.commits_between(ObjectId::parse(first), *ObjectId::parse(second)).size() == 1);
}

TEST_CASE("a generated commit is the same for the same input and replaces what stood below its prefix") {
  GitFixture fixture;
  fixture.write("generated/hwcsync/server/old.nix", "{}");
  fixture.write("generated/hwcsync/other/default.nix", "{ }");
  fixture.write("flake.nix", "{ }");
  const ObjectId revision = *ObjectId::parse(fixture.commit("first"));
  Repository repository(fixture.bare());
  const FileSet files{
      .contents = {{"default.nix", "{ a = 1; }"}, {"stacks/x/compose.yaml", "x"}, {"stacks/x/run.sh", "#!"}},
      .executables = {"stacks/x/run.sh"}};
  const ObjectId one = repository.write_commit(revision, "generated/hwcsync/server", files, "generated");
  const ObjectId two = repository.write_commit(revision, "generated/hwcsync/server", files, "generated");
  CHECK(one == two);
  const GitTree tree = repository.tree(one);
  CHECK(tree.read("generated/hwcsync/server/stacks/x/compose.yaml") == "x");
  CHECK(tree.list("generated/hwcsync/server/stacks/x") ==
        std::vector<TreeEntry>{{"compose.yaml", EntryKind::file}, {"run.sh", EntryKind::executable}});
  CHECK_FALSE(tree.read("generated/hwcsync/server/old.nix"));
  CHECK(tree.read("generated/hwcsync/other/default.nix") == "{ }");
  CHECK(tree.read("flake.nix") == "{ }");
  CHECK(repository.commit(one).parents.front() == revision);
  repository.write_ref(generated_ref("server"), one);
  CHECK(repository.read_ref(generated_ref("server")) == one);
  repository.delete_ref(generated_ref("server"));
  CHECK_FALSE(repository.read_ref(generated_ref("server")));
}

TEST_CASE("a submodule is an entry that leads nowhere") {
  GitFixture fixture;
  fixture.write("stacks/a/compose.yaml", "x");
  const std::string inner = fixture.commit("first");
  fixture.git(
      {"-C", fixture.work(), "update-index", "--add", "--cacheinfo", "160000," + inner + ",stacks/a/lib"});
  fixture.git({"-C", fixture.work(), "commit", "--quiet", "-m", "a submodule"});
  fixture.push("main");
  const Repository repository(fixture.bare());
  const GitTree tree = repository.tree(*ObjectId::parse(fixture.head()));
  CHECK(tree.list("stacks/a") ==
        std::vector<TreeEntry>{{"compose.yaml", EntryKind::file}, {"lib", EntryKind::submodule}});
  CHECK_FALSE(tree.list("stacks/a/lib"));
  CHECK_FALSE(tree.read("stacks/a/lib"));
  const auto fault = path_fault(tree, "stacks/a/lib/x.css");
  REQUIRE(fault);
  CHECK(fault->find("'stacks/a/lib' is a submodule") == 0);
  CHECK_FALSE(path_fault(tree, "stacks/a/compose.yaml"));
}

TEST_CASE("a directory that is no repository is an error that names it") {
  const test::TemporaryDirectory dir;
  CHECK_THROWS_AS(Repository(dir.path()), GitError);
}

}  // namespace
}  // namespace hwcsync::git
