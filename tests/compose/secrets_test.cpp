#include "tests/compose/fixture.hpp"

namespace hwcsync::compose {
namespace {
using test::Fixture;

TEST_CASE("a grant names a secret of the stack and its place in the container") {
  Fixture fixture;
  fixture.context.secret_files = {"db-password", "token"};
  const Project project =
      fixture.load(Fixture::web("secrets:\n  - db-password\n  - source: short\n    target: app.token") +
                   "secrets: { db-password: { external: true }, short: { external: true, name: token } }\n");
  const auto& grants = project.services.at("web").secrets;
  CHECK(grants.at(0) == Grant{"db-password", "/run/secrets/db-password"});
  CHECK(grants.at(1) == Grant{"token", "/run/secrets/app.token"});
  CHECK(project.secrets == std::set<std::string>{"db-password", "token"});
  CHECK(project.canonical.find("secrets")->find("token")->find("file")->text ==
        "/run/user/1000/secrets/s/token");
}

TEST_CASE("a secret that stack.yaml does not declare is refused") {
  CHECK(Fixture().problems(Fixture::web("") + "secrets: { pw: { external: true } }\n") ==
        "4:12: the secret 'pw' is not declared under 'secrets' in stack.yaml");
  CHECK(Fixture().problems(Fixture::web("secrets: [ pw ]")) ==
        "2:3: the secret 'pw' of 'web' is not declared under 'secrets' of the Compose file");
}

TEST_CASE("a secret in a command is a limit of style oci, in an image an error at once") {
  const Project project = Fixture().load(Fixture::web("command: run --password ${PW} now"));
  REQUIRE(project.limits.size() == 1);
  CHECK(project.limits[0].of == Limit::Of::containers);
  CHECK(project.limits[0].problem.where.to_string() == "stacks/s/compose.yaml:4:14");
  CHECK(project.limits[0].problem.message ==
        "the secret PW reaches services.web.command through 'run --password ${PW} now'; in style oci a "
        "secret may only "
        "stand in environment, or be a file");
  CHECK(project.canonical.find("services")->find("web")->find("command")->items.at(2).text == "${PW}");
  CHECK_THAT(Fixture().problems("services: { web: { image: 'x:${PW}' } }"),
             Catch::Matchers::Contains("the secret PW reaches services.web.image"));
}

TEST_CASE("a secret that goes where it may not is told with the way that it took") {
  const Project project = Fixture().load(
      "x-common: &common\n  labels: { foo: '${KEY}' }\nservices: { web: { image: i, <<: *common } }\n");
  REQUIRE(project.limits.size() == 1);
  CHECK(project.limits[0].problem.where.to_string() == "stacks/s/compose.yaml:2:18");
  CHECK(project.limits[0].problem.message ==
        "the secret KEY from secrets/s.env via x-common reaches services.web.labels.foo through '${KEY}'; in "
        "style oci a secret may only stand in environment, or be a file");
}

TEST_CASE("configs are texts, tracked files, or values of variables, and a change of one changes the model") {
  Fixture fixture;
  fixture.tree.put("stacks/s/app.conf", "x = 1\n");
  const Project project =
      fixture.load(Fixture::web("configs: [ inline, { source: file, target: etc/app.conf }, secret ]") +
                   "configs: { inline: { content: 'a=${DATA}' }, file: { file: ./app.conf }, secret: { "
                   "environment: PW } }\n");
  const Service& service = project.services.at("web");
  CHECK(service.configs.at(0) == Grant{"inline", "/inline"});
  CHECK(service.configs.at(1).target == "/etc/app.conf");
  CHECK(project.configs.at("inline").content.plain() == "a=/srv");
  CHECK(project.configs.at("file").file == "app.conf");
  CHECK(project.assets.at("app.conf") == "x = 1\n");
  CHECK(project.configs.at("secret").content.compose_text() == "${PW}");
  CHECK(project.secret_variables == std::set<std::string>{"PW"});
  CHECK(service.labels.count("io.hwcsync.asset.app.conf") == 1);
  CHECK(service.labels.count("io.hwcsync.config.inline") == 1);
  CHECK(fixture.problems(Fixture::web("configs: [ nobody ]")) ==
        "2:3: the config 'nobody' of 'web' is not declared under 'configs'");
}

}  // namespace
}  // namespace hwcsync::compose
