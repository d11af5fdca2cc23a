#include "gitops/compose/style_differences.hpp"

#include "gitops/compose/support_document.hpp"
#include "src/base/fd.hpp"
#include "tests/compose/fixture.hpp"

#include <cstdlib>
#include <fstream>

namespace hwcsync::compose {
namespace {
using test::Fixture;

// "waiting for health: web" and so on.
std::vector<std::string> told(const std::string& text) {
  std::vector<std::string> out;
  for (const StyleDifference& one : style_differences(Fixture().load(text))) {
    std::string line = one.what + ':';
    for (const std::string& service : one.services) line += ' ' + service;
    out.push_back(std::move(line));
  }
  return out;
}
using List = std::vector<std::string>;

TEST_CASE("only the differences that a stack meets are told") {
  CHECK(told("services: { a: { image: i, container_name: aa, network_mode: none } }") == List{});
  CHECK(told("services:\n"
             "  a: { image: i, container_name: aa, network_mode: none, depends_on: { b: { condition: "
             "service_healthy } } }\n"
             "  b: { image: i, network_mode: host, restart: always, environment: { P: '${PW}' } }\n") ==
        List{"secrets in environment: b", "container names: b", "waiting for health: a",
             "starting together:", "restart: b"});
}

TEST_CASE("ports, mounts and scale are among them") {
  CHECK(told("services:\n"
             "  a: { image: i, container_name: aa, network_mode: bridge, ports: [ '80:80' ], volumes: [ "
             "'/a:/a:U' ] }\n") ==
        List{"published ports: a", "user ids: a", "missing directories: a", "podman's own mount options: a"});
  CHECK(told("services: { a: { image: i, network_mode: none, scale: 2, logging: { driver: json-file } } }") ==
        List{"container names: a", "scale: a", "logs: a"});
  CHECK(told("services: { a: { image: i, container_name: aa, network_mode: bridge, ports: [ "
             "'127.0.0.1:80:80' ] } }") == List{});
}

TEST_CASE("docs/compose-support.md is what the table says") {
  const char* source = std::getenv("HWCSYNC_SOURCE_DIR");
  const std::string path = std::string(source == nullptr ? "." : source) + "/docs/compose-support.md";
  if (std::getenv("HWCSYNC_ACCEPT") != nullptr) {
    std::ofstream(path) << support_document();
    FAIL("rewrote " << path << "; run again without HWCSYNC_ACCEPT");
  }
  CHECK(read_file(path) == support_document());
}

TEST_CASE("the table says each key once, in a mapping that it knows, and why it is not simply mapped") {
  std::set<std::pair<std::string_view, std::string_view>> seen;
  std::set<std::string_view> names;
  for (const KeyScope& scope : scopes()) names.insert(scope.name);
  for (const auto rows : {top_level_keys(), service_keys(), nested_keys()}) {
    for (const KeyRow& row : rows) {
      INFO(row.scope << ' ' << row.key);
      CHECK(seen.insert({row.scope, row.key}).second);
      CHECK(names.count(row.scope) == 1);
      for (const StyleVerdict& verdict : {row.provider, row.containers})
        CHECK((verdict.verdict == Verdict::mapped || !verdict.words.empty()));
    }
  }
}

}  // namespace
}  // namespace hwcsync::compose
