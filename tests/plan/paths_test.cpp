#include "gitops/plan/paths.hpp"

#include "tests/support/catch.hpp"

namespace hwcsync::plan {
namespace {

TEST_CASE("every path has one class") {
  const stack::RepositoryConfig config;
  CHECK(classify("README.md", config) == PathClass::doc);
  CHECK(classify("docs/how/to.md", config) == PathClass::doc);
  CHECK(classify("LICENSE.txt", config) == PathClass::doc);
  CHECK(classify(".github/workflows/ci.yml", config) == PathClass::doc);
  CHECK(classify("stacks/immich/compose.yaml", config) == PathClass::stack);
  CHECK(classify("secrets/immich.env", config) == PathClass::secret);
  CHECK(classify("flake.lock", config) == PathClass::host);
  CHECK(classify("hosts/server/configuration.nix", config) == PathClass::host);
  CHECK(classify("hwcsync.yaml", config) == PathClass::config);
  CHECK(classify("generated/hwcsync/server/default.nix", config) == PathClass::doc);
  CHECK(classify("stackshop/x", config) == PathClass::host);
}

TEST_CASE("a document that a stack names counts for the stack") {
  const stack::RepositoryConfig config;
  MemoryTree tree;
  tree.put("stacks/site/compose.yaml", "services: {web: {volumes: [\"./index.md:/www/index.md\"]}}\n");
  const auto used = classify_all({{"stacks/site/index.md", "a", "b"}}, config, tree);
  CHECK(used.stacks.count("site") == 1);
  CHECK(used.docs == 0);
  const auto unused = classify_all({{"stacks/site/NOTES.md", "a", "b"}}, config, tree);
  CHECK(unused.stacks.empty());
  CHECK(unused.docs == 1);
}

TEST_CASE("a document below a mounted directory counts for the stack, however the mount is written") {
  const stack::RepositoryConfig config;
  for (const char* text :
       {"services: {web: {volumes: [{type: bind, source: \".\", target: /code}]}}\n",
        "services: {web: {volumes: [{\"source\":\"./\", \"target\": \"/code\"}]}}\n",
        "services: {web: {volumes: ['${HERE:-.}:/code:ro']}}\n",
        "services: {web: {volumes: ['${HERE}:/code']}}\nx-hwcsync: {variables: {HERE: './site'}}\n"}) {
    INFO(text);
    MemoryTree tree;
    tree.put("stacks/site/compose.yaml", text);
    CHECK(classify_all({{"stacks/site/NOTES.md", "a", "b"}}, config, tree).docs == 0);
  }
}

}  // namespace
}  // namespace hwcsync::plan
