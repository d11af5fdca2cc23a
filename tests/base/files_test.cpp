#include "src/base/atomic_file.hpp"
#include "src/base/error.hpp"
#include "src/base/file_lock.hpp"
#include "src/base/hash.hpp"
#include "src/base/tree.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_directory.hpp"

#include <filesystem>

namespace hwcsync {
namespace {

using test::TemporaryDirectory;

TEST_CASE("an atomic file that is not committed leaves the old content and no trace") {
  const TemporaryDirectory dir;
  const std::string path = dir.path() + "/f";
  {
    AtomicFile file(path, 0600);
    file.write("old");
    file.commit();
  }
  {
    AtomicFile file(path, 0600);
    file.write("new");
  }
  CHECK(read_file(path) == "old");
  CHECK(std::distance(std::filesystem::directory_iterator(dir.path()), {}) == 1);
}

TEST_CASE("a lock is held once") {
  const TemporaryDirectory dir;
  auto first = FileLock::try_lock(dir.path() + "/lock");
  REQUIRE(first);
  CHECK_FALSE(FileLock::try_lock(dir.path() + "/lock"));
  first.reset();
  CHECK(FileLock::try_lock(dir.path() + "/lock"));
}

TEST_CASE("a blob id is what git hash-object says") {
  CHECK(git_blob_id("hello\n") == "ce013625030ba8dba906f756967f9e9ca394464a");
  CHECK(git_blob_id("") == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
}

TEST_CASE("memory and directory trees answer alike") {
  const TemporaryDirectory dir;
  make_directories(dir.path() + "/a/b", 0755);
  AtomicFile file(dir.path() + "/a/b/f", 0644);
  file.write("x");
  file.commit();
  const DirectoryTree on_disk(dir.path());
  MemoryTree in_memory;
  in_memory.put("a/b/f", "x");
  CHECK(on_disk.list("") == in_memory.list(""));
  CHECK(on_disk.list("a/b") == in_memory.list("a/b"));
  CHECK(on_disk.read("a/b/f") == in_memory.read("a/b/f"));
  CHECK_FALSE(on_disk.read("a/b"));
  CHECK_FALSE(in_memory.list("a/c"));
}

TEST_CASE("a path cannot leave the tree") {
  CHECK(join_path("a/b", "../c") == "a/c");
  CHECK_FALSE(join_path("a", "../../c"));
  CHECK_FALSE(join_path("a", "/c"));
}

}  // namespace
}  // namespace hwcsync
