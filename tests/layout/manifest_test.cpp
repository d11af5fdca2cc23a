#include "secrets/manifest/manifest.hpp"

#include "tests/layout/fixture.hpp"

namespace hwcsync::layout {
namespace {
using test::Fixture;

TEST_CASE("style compose shows the whole env file to its unit and files by name") {
  Fixture fixture;
  fixture.tree.put("stacks/one/one.env", test::sops_dotenv({"PW"}));
  fixture.stack("one",
                "services:\n  web: { image: i, environment: { A: 'x${PW}' }, secrets: [ pw ] }\nsecrets: { "
                "pw: { external: true } }\n",
                "secrets: { env: { source: one.env }, pw: { source: one.env, key: PW, mode: '0440' } }\n");
  const secrets::Manifest manifest = secrets::parse_manifest(fixture.load().manifest_json());
  REQUIRE(manifest.files.size() == 2);
  CHECK(manifest.host == "server");
  const auto& env = manifest.files[0];
  CHECK(env.path == "one-stack.env");
  CHECK(env.grammar == secrets::Grammar::compose_env);
  CHECK(env.uid == 1000);
  CHECK(env.gid == 100);
  CHECK(env.mode == 0400);
  CHECK(env.consumers == std::vector<std::string>{"one-stack.service"});
  CHECK(env.source.path == "stacks/one/one.env");
  const auto& file = manifest.files[1];
  CHECK(file.path == "one/pw");
  CHECK(file.grammar == secrets::Grammar::raw);
  CHECK(file.key == "PW");
  CHECK(file.mode == 0440);
}

TEST_CASE("commands of style oci that name a secret's file are one more consumer of it") {
  Fixture fixture;
  fixture.tree.put("stacks/one/one.env", test::sops_dotenv({"PW", "USER"}));
  fixture.stack(
      "one", "services:\n  db: { image: j, secrets: [ pw ] }\nsecrets: { pw: { external: true } }\n",
      "style: oci\nsecrets: { pw: { source: one.env, key: PW }, other: { source: one.env, key: USER } }\n"
      "prepare: { commands: [ 'use /run/hwcsync/view/0/one/other' ] }\n");
  const secrets::Manifest manifest = secrets::parse_manifest(fixture.load().manifest_json());
  REQUIRE(manifest.files.size() == 2);
  CHECK(manifest.files[0].path == "one/other");
  CHECK(manifest.files[0].consumers == std::vector<std::string>{"one-prepare.service"});
  CHECK(manifest.files[1].consumers == std::vector<std::string>{"podman-one-db.service"});
}

TEST_CASE("style oci shows each container the variables that it uses, in parts") {
  Fixture fixture;
  fixture.tree.put("stacks/one/one.env", test::sops_dotenv({"PW", "USER"}));
  fixture.stack("one",
                "services:\n  web: { image: i, environment: { PLAIN: x, URL: 'pg://${USER}:${PW:?}@db' } }\n "
                " db: { image: j, secrets: [ pw ] }\n"
                "  none: { image: k }\nsecrets: { pw: { external: true } }\n",
                "style: oci\nsecrets: { env: { source: one.env }, pw: { source: one.env, key: PW } }\n");
  const secrets::Manifest manifest = secrets::parse_manifest(fixture.load().manifest_json());
  REQUIRE(manifest.files.size() == 2);
  CHECK(manifest.files[0].path == "one/pw");
  CHECK(manifest.files[0].consumers == std::vector<std::string>{"podman-one-db.service"});
  const auto& env = manifest.files[1];
  CHECK(env.path == "podman-one-web.env");
  CHECK(env.grammar == secrets::Grammar::podman_env);
  CHECK(env.uid == 0);
  REQUIRE(env.environment.size() == 1);
  CHECK(env.environment[0].name == "URL");
  using Part = secrets::EnvironmentPart;
  CHECK(env.environment[0].parts == std::vector<Part>{{Part::Kind::text, "pg://"},
                                                      {Part::Kind::variable, "USER"},
                                                      {Part::Kind::text, ":"},
                                                      {Part::Kind::variable, "PW"},
                                                      {Part::Kind::text, "@db"}});
}

TEST_CASE("secrets of a user's containers are in the user's view, whoever reads them in the container") {
  Fixture fixture;
  fixture.tree.put("stacks/one/one.env", test::sops_dotenv({"PW", "USER"}));
  fixture.stack(
      "one",
      "services:\n  db: { image: j, environment: { U: '${USER}' }, secrets: [ { source: pw, uid: '999', "
      "mode: 0440 } ] }\nsecrets: { pw: { external: true } }\n",
      "style: oci\nuser: homelab\nsecrets: { env: { source: one.env }, pw: { source: one.env, key: PW } }\n"
      "prepare: { commands: [ 'use /run/user/1000/secrets/podman-one-db.env' ] }\n");
  const secrets::Manifest manifest = secrets::parse_manifest(fixture.load().manifest_json());
  REQUIRE(manifest.files.size() == 2);
  const auto& env = manifest.files[1];
  CHECK(env.path == "podman-one-db.env");
  CHECK(env.uid == 1000);
  CHECK(env.consumers == std::vector<std::string>{"podman-one-db.service", "one-prepare.service"});
  const auto& file = manifest.files[0];
  CHECK(file.path == "one/pw");
  CHECK(file.uid == 1000);
  CHECK(file.mode == 0440);
}

TEST_CASE("a rootful container's secret with a uid of its own is in root's view all the same") {
  Fixture fixture;
  fixture.tree.put("stacks/one/one.env", test::sops_dotenv({"PW"}));
  fixture.stack("one",
                "services:\n  db: { image: j, secrets: [ { source: pw, uid: '999', gid: '998' } ] }\n"
                "secrets: { pw: { external: true } }\n",
                "style: oci\nsecrets: { pw: { source: one.env, key: PW } }\n");
  const secrets::Manifest manifest = secrets::parse_manifest(fixture.load().manifest_json());
  REQUIRE(manifest.files.size() == 1);
  CHECK(manifest.files[0].viewer() == 0);
  CHECK(manifest.files[0].uid == 999);
  CHECK(manifest.files[0].gid == 998);
}

TEST_CASE("a host without secrets has a manifest without files") {
  Fixture fixture;
  fixture.stack("one", "services: { web: { image: i } }\n");
  CHECK(fixture.load().manifest_json() == R"({"files":[],"host":"server","version":1})");
}

}  // namespace
}  // namespace hwcsync::layout
