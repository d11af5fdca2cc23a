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

TEST_CASE("options for Docker Desktop are left out with a note") {
  const Project project = Fixture().load(Fixture::web("volumes: [ '/a:/b:cached', '/c:/d:ro,delegated' ]"));
  CHECK(project.services.at("web").volumes.at(0).options.empty());
  CHECK(project.services.at("web").volumes.at(1).read_only);
  CHECK(project.notes.size() == 2);
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

TEST_CASE("the home directory is that of the stack's user") {
  Fixture fixture;
  fixture.context.home = "/home/media";
  CHECK(fixture.service("volumes: [ '~/films:/f' ]").volumes.at(0).source == "/home/media/films");
  CHECK(fixture.service("volumes: [ '~:/f' ]").volumes.at(0).source == "/home/media");
  CHECK(fixture.service("volumes: [ { type: bind, source: ~/films, target: /f } ]").volumes.at(0).source ==
        "/home/media/films");
}

TEST_CASE("options are a known set, and podman's own are a limit of the provider") {
  CHECK(wrong("/a:/b:rx") == "4:16: 'rx' is no option of a volume");
  const Project project = Fixture().load(Fixture::web("volumes: [ '/a:/b:U' ]"));
  REQUIRE(project.limits.size() == 1);
  CHECK(project.limits[0].of == Limit::Of::provider);
}

TEST_CASE("a mount that no list of fields can hold is refused where it stands, alike in both styles") {
  const auto limits = [](const std::string& volume) {
    std::map<Limit::Of, std::string> out;
    const Project project = Fixture().load(Fixture::web("volumes: [ " + volume + " ]") + "volumes: { v: }\n");
    for (const Limit& limit : project.limits) {
      CHECK(limit.problem.where.to_string() == "stacks/s/compose.yaml:4:16");
      out[limit.of] += limit.problem.message;
    }
    return out;
  };
  for (const char* volume : {"{ type: volume, source: v, target: '/a,b', volume: { subpath: x } }",
                             "{ type: image, source: i, target: \"/a\\\"b\" }",
                             "{ type: image, source: i, target: \"/a\\nb\" }"}) {
    INFO(volume);
    const auto told = limits(volume);
    REQUIRE(told.size() == 2);
    CHECK(told.at(Limit::Of::provider) == told.at(Limit::Of::containers));
    CHECK_THAT(told.at(Limit::Of::provider), Catch::Matchers::StartsWith("podman has no way to write '/a"));
  }
  // SOURCE:TARGET has a place for them, which docker-compose does not always use.
  CHECK(limits("'/x:/a,b'").count(Limit::Of::containers) == 0);
  CHECK(limits("'/x:/a,b'").count(Limit::Of::provider) == 1);
  CHECK_THAT(limits("{ type: bind, source: /x, target: '/a:b' }").at(Limit::Of::provider),
             Catch::Matchers::Contains("no place for another colon"));
  CHECK(limits("'/x:/a b'").empty());
}

TEST_CASE("faults of a volume are told at its place") {
  CHECK(wrong("/a:b") == "4:16: the target 'b' must be an absolute path in the container");
  CHECK_THAT(wrong("~media/a:/b"),
             Catch::Matchers::Contains("4:16: '~media/a' names the home of nobody known"));
  CHECK_THAT(wrong("~/a:/b"), Catch::Matchers::Contains("4:16: '~/a' names the home of nobody known here"));
  CHECK(wrong("${NOBODY}:/b") == "4:16: the source of ':/b' is empty (a variable without a value?)");
  CHECK(wrong("/a:/b:ro:z") == "4:16: '/a:/b:ro:z' has more than three parts");
  CHECK_THAT(wrong("../other/x:/b"),
             Catch::Matchers::Contains("4:16: 'stacks/other/x' is not a tracked file"));
  CHECK(wrong("../../../x:/b") == "4:16: '../../../x' is outside of the repository");
  CHECK_THAT(wrong("./data:/b"),
             Catch::Matchers::Contains("'data' is not a tracked file or directory of this stack"));
}

TEST_CASE("what comes from the repository is mounted read-only, and a mount that does not say so is noted") {
  Fixture fixture;
  fixture.tree.put("stacks/s/app.conf", "x");
  fixture.tree.put("stacks/s/html/index.html", "x");
  const auto service = [&](const std::string& text) {
    return fixture.service("volumes: [ '" + text + "' ]");
  };
  CHECK(service("./html:/srv").volumes.at(0).read_only);
  CHECK(service("./html:/srv").made_read_only.count("/srv") == 1);
  CHECK(service("./html:/srv:rw").made_read_only.count("/srv") == 1);
  CHECK(service("./app.conf:/a").made_read_only.count("/a") == 1);
  CHECK(service("./html:/srv:ro").made_read_only.empty());
  CHECK(service("./html:/srv:ro").volumes == service("./html:/srv").volumes);
  CHECK_FALSE(service("./html:/srv:O").volumes.at(0).read_only);  // an overlay
  CHECK_FALSE(service("/data:/srv").volumes.at(0).read_only);
  CHECK_THAT(fixture.problems(Fixture::web("volumes: [ './html:/srv:U' ]")),
             Catch::Matchers::Contains("4:16: 'U' would change the owner of files of the repository"));
  const Project project = fixture.load(Fixture::web("volumes: [ './html:/srv' ]"));
  REQUIRE(project.notes.size() == 1);
  CHECK_THAT(project.notes[0].message, Catch::Matchers::Contains("'/srv' comes from the repository"));
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

TEST_CASE("an asset's variable is such a file too, and ciphertexts are refused") {
  Fixture fixture;
  fixture.tree.put("stacks/s/Caddyfile", ":80\n");
  fixture.tree.put("stacks/s/secret.env", "sops\n");
  fixture.context.variables.values["CADDY_FILE"] = "/etc/hwcsync/stacks/s/assets/Caddyfile";
  fixture.context.ciphertexts.insert("stacks/s/secret.env");
  CHECK(fixture.service("volumes: [ '${CADDY_FILE}:/etc/caddy/Caddyfile:ro' ]").assets.count("Caddyfile") ==
        1);
  CHECK(fixture.problems(Fixture::web("volumes: [ './secret.env:/d' ]")) ==
        "4:16: 'secret.env' is encrypted; grant it under 'secrets' instead of mounting it");
}

}  // namespace
}  // namespace hwcsync::compose
