#include "src/base/hash.hpp"
#include "tests/compose/fixture.hpp"

namespace hwcsync::compose {
namespace {
using test::Fixture;

Mount mount(const std::string& text) {
  return Fixture().service("volumes: [ \"" + text + "\" ]").volumes.at(0);
}
std::string wrong(const std::string& text) {
  return Fixture().problems(Fixture::web("volumes: [ \"" + text + "\" ]"));
}

TEST_CASE("the short forms of a volume") {
  CHECK(mount("/a:/b") == Mount{Mount::Type::bind, "/a", "/b", false, {}});
  CHECK(mount("${DATA}/a b:/b:ro") == Mount{Mount::Type::bind, "/srv/a b", "/b", true, {}});
  CHECK(mount("/cache") == Mount{Mount::Type::volume, "", "/cache", false, {}});
  CHECK(mount("/a:/b:rslave,U,z") == Mount{Mount::Type::bind, "/a", "/b", false, {"rslave", "U", "z"}});
}

TEST_CASE("a named volume must be declared") {
  CHECK(wrong("data:/b") == "2:3: the volume 'data' of 'web' is not declared under 'volumes'");
  const Project project = Fixture().load(Fixture::web("volumes: [ 'data:/b' ]") + "volumes: { data: }\n");
  CHECK(project.volumes.at("data") == Volume{"data", "s_data", false});
}

TEST_CASE("the long form of a volume") {
  const Service service = Fixture().service(
      "volumes:\n  - type: bind\n    source: /a\n    target: /b\n    read_only: true\n    bind: { "
      "propagation: rslave, create_host_path: false }\n"
      "  - { type: tmpfs, target: /t, tmpfs: { size: 64m } }");
  CHECK(service.volumes.at(0) == Mount{Mount::Type::bind, "/a", "/b", true, {"rslave", "nocreate"}});
  CHECK(service.volumes.at(1) == Mount{Mount::Type::tmpfs, "", "/t", false, {"size=64m"}});
}

TEST_CASE("options are a known set, and podman's own are a limit of the provider") {
  CHECK(wrong("/a:/b:rx") == "4:16: 'rx' is no option of a volume");
  const Project project = Fixture().load(Fixture::web("volumes: [ '/a:/b:U' ]"));
  REQUIRE(project.limits.size() == 1);
  CHECK(project.limits[0].of == Limit::Of::provider);
}

TEST_CASE("faults of a volume are told at its place") {
  CHECK(wrong("/a:b") == "4:16: the target 'b' must be an absolute path in the container");
  CHECK(wrong("~/a:/b") == "4:16: '~' has no meaning for a service; write an absolute path");
  CHECK(wrong("${NOBODY}:/b") == "4:16: the source of ':/b' is empty (a variable without a value?)");
  CHECK(wrong("/a:/b:ro:z") == "4:16: '/a:/b:ro:z' has more than three parts");
  CHECK_THAT(wrong("../other/x:/b"),
             Catch::Matchers::Contains("4:16: 'stacks/other/x' is not a tracked file"));
  CHECK(wrong("../../../x:/b") == "4:16: '../../../x' is outside of the repository");
  CHECK_THAT(wrong("./data:/b"), Catch::Matchers::Contains("'data' is not a tracked file of this stack"));
}

TEST_CASE("a tracked file becomes an asset whose hash is a label") {
  Fixture fixture;
  fixture.tree.put("stacks/s/conf/app.toml", "x = 1\n");
  const Project project = fixture.load(Fixture::web("volumes: [ './conf/app.toml:/app.toml:ro' ]"));
  const Service& service = project.services.at("web");
  CHECK(service.volumes.at(0).source == "/etc/hwcsync/stacks/s/assets/conf/app.toml");
  CHECK(service.assets == std::set<std::string>{"conf/app.toml"});
  CHECK(service.labels.at("io.hwcsync.asset.conf/app.toml") == sha256_hex("x = 1\n").substr(0, 12));
  CHECK(project.assets.at("conf/app.toml") == "x = 1\n");
}

TEST_CASE("an asset's variable is such a file too, and directories and ciphertexts are refused") {
  Fixture fixture;
  fixture.tree.put("stacks/s/Caddyfile", ":80\n");
  fixture.tree.put("stacks/s/secret.env", "sops\n");
  fixture.tree.put("stacks/s/dir/file", "x");
  fixture.context.variables.values["CADDY_FILE"] = "/etc/hwcsync/stacks/s/assets/Caddyfile";
  fixture.context.ciphertexts.insert("stacks/s/secret.env");
  CHECK(fixture.service("volumes: [ '${CADDY_FILE}:/etc/caddy/Caddyfile:ro' ]").assets.count("Caddyfile") ==
        1);
  CHECK_THAT(fixture.problems(Fixture::web("volumes: [ './dir:/d' ]")),
             Catch::Matchers::Contains("mounting one is not supported by this version yet"));
  CHECK(fixture.problems(Fixture::web("volumes: [ './secret.env:/d' ]")) ==
        "4:16: 'secret.env' is encrypted; grant it under 'secrets' instead of mounting it");
}

}  // namespace
}  // namespace hwcsync::compose
