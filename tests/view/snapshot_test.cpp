#include "secrets/view/snapshot.hpp"

#include "src/base/error.hpp"
#include "tests/support/catch.hpp"

using namespace hwcsync;
using namespace hwcsync::secrets;

namespace {

ViewSnapshot make(std::vector<std::string> paths) {
  std::vector<ViewEntry> entries;
  for (std::string& path : paths) entries.push_back({.path = std::move(path)});
  return ViewSnapshot("g", std::move(entries), nullptr, 0);
}

}  // namespace

TEST_CASE("names form a tree with a marker") {
  const ViewSnapshot snapshot = make({"z.env", "immich/b", "immich/a"});
  REQUIRE(snapshot.root().children.size() == 3);
  CHECK(snapshot.root().children[0]->name == ".generation");
  const auto* directory = snapshot.child(snapshot.root(), "immich");
  REQUIRE(directory != nullptr);
  CHECK(directory->children[0]->name == "a");
  CHECK(snapshot.child(*directory, "b")->entry->path == "immich/b");
  CHECK(snapshot.child(*directory, "c") == nullptr);
}

TEST_CASE("a node id follows from the path alone") {
  CHECK(make({"a", "s/b"}).find(node_id("s/b"))->entry->path == "s/b");
  CHECK(make({"s/b"}).find(node_id("s/"))->kind == ViewSnapshot::Kind::directory);
  CHECK(node_id("s") != node_id("s/"));
}

TEST_CASE("paths that cannot be shown are refused") {
  for (const char* path : {"", "/a", "a/", "a//b", "../a", "a/./b", ".generation"}) {
    CHECK_THROWS_AS(make({path}), Error);
  }
  CHECK_THROWS_AS(make({"a", "a"}), Error);
  CHECK_THROWS_AS(make({"a", "a/b"}), Error);
  CHECK_THROWS_AS(make({std::string(256, 'x')}), Error);
}

TEST_CASE("a generation is named the same in every process") {
  CHECK(ViewSnapshot("g", {}, nullptr, 0).handle() == ViewSnapshot("g", {}, nullptr, 7).handle());
  CHECK(ViewSnapshot("g", {}, nullptr, 0).handle() != ViewSnapshot("h", {}, nullptr, 0).handle());
  CHECK(ViewSnapshot("g", {}, nullptr, 0).handle() < (1ULL << 48U));
}
