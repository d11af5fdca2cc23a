#include "tests/compose/fixture.hpp"

namespace hwcsync::compose {
namespace {
using test::Fixture;

TEST_CASE("environment is read as a list and as a mapping") {
  const Fixture fixture;
  const Service list = fixture.service("environment: [ 'A=1', 'B=x=${DATA}', 'C=a${PW}b' ]");
  const Service map = fixture.service("environment: { A: 1, B: 'x=${DATA}', C: 'a${PW}b' }");
  CHECK(list.environment == map.environment);
  CHECK(list.environment.at("A").plain() == "1");
  CHECK(list.environment.at("B").plain() == "x=/srv");
  CHECK(list.environment.at("C").compose_text() == "a${PW}b");
}

TEST_CASE("scalars keep their source text") {
  const Service service =
      Fixture().service("environment: { A: 010, B: yes, C: 1.10, D: 22:22, E: '', F: true }");
  CHECK(service.environment.at("A").plain() == "010");
  CHECK(service.environment.at("B").plain() == "yes");
  CHECK(service.environment.at("C").plain() == "1.10");
  CHECK(service.environment.at("D").plain() == "22:22");
  CHECK(service.environment.at("E").plain().empty());
}

TEST_CASE("a name without a value is the secret's, then the variable's, then left out with a note") {
  const Fixture fixture;
  const Project project = fixture.load(Fixture::web("environment:\n  PW:\n  DATA:\n  NOBODY:"));
  const auto& environment = project.services.at("web").environment;
  CHECK(environment.at("PW").compose_text() == "${PW}");
  CHECK(environment.at("DATA").plain() == "/srv");
  CHECK(environment.count("NOBODY") == 0);
  REQUIRE(project.notes.size() == 1);
  CHECK(project.notes[0].where.line == 7);
  CHECK(project.notes[0].message ==
        "services.web.environment.NOBODY has no value, neither from a secret nor from a variable: left out");
  CHECK(project.secret_variables == std::set<std::string>{"PW"});
}

TEST_CASE("env_file stands in a tracked file and environment wins over it") {
  Fixture fixture;
  fixture.tree.put("stacks/s/app.env", "A=file\nB=\"two words\"\nC=$DATA/x\nPW\n");
  const Service service = fixture.service("env_file: [ ./app.env ]\nenvironment: { A: here }");
  CHECK(service.environment.at("A").plain() == "here");
  CHECK(service.environment.at("B").plain() == "two words");
  CHECK(service.environment.at("C").plain() == "/srv/x");
  CHECK(service.environment.at("PW").tainted());
}

TEST_CASE("an env_file that is missing or encrypted is refused") {
  Fixture fixture;
  fixture.tree.put("stacks/s/secret.env", "A=ENC[x]\nsops_mac=ENC[y]\n");
  CHECK(fixture.problems(Fixture::web("env_file: no.env")) ==
        "4:15: there is no file 'no.env' in the repository beside the Compose file");
  CHECK_THAT(fixture.problems(Fixture::web("env_file: secret.env")),
             Catch::Matchers::Contains("'secret.env' is encrypted"));
}

TEST_CASE("an env_file may be missing where it is not required, and may be taken as it stands") {
  Fixture fixture;
  fixture.tree.put("stacks/s/raw.env", "# note\nA='q' # $DATA\n  B=x\r\nDATA\n");
  const Service service = fixture.service(
      "env_file:\n  - { path: gone.env, required: false }\n  - { path: raw.env, format: raw }");
  CHECK(service.environment.at("A").plain() == "'q' # $DATA");
  CHECK(service.environment.at("B").plain() == "x");
  CHECK(service.environment.at("DATA").plain() == "/srv");
  CHECK(fixture.problems(Fixture::web("env_file: [ { path: raw.env, format: toml } ]")) ==
        "4:42: 'toml' is no format of an env_file; only raw is one");
  fixture.tree.put("stacks/s/raw.env", "A=1\nB C=2\n");
  CHECK(fixture.problems(Fixture::web("env_file: [ { path: raw.env, format: raw } ]")) ==
        "stacks/s/raw.env:2: 'B C' is no name for a variable");
}

TEST_CASE("a later env_file wins, and one may use the service's environment") {
  Fixture fixture;
  fixture.tree.put("stacks/s/one.env", "A=1\nB=${C}-${DATA}\n");
  fixture.tree.put("stacks/s/two.env", "A=2\n");
  const Service service = fixture.service("env_file: [ one.env, two.env ]\nenvironment: [ C=c, DATA=d ]");
  CHECK(service.environment.at("A").plain() == "2");
  CHECK(service.environment.at("B").plain() == "c-/srv");
}

TEST_CASE("`.env` gives variables that nobody else declares") {
  Fixture fixture;
  fixture.tree.put("stacks/s/.env", "TAG=2.8\nDATA=/other\nPW=leak\n");
  const Project project =
      fixture.load("services: { web: { image: 'docker.io/x:${TAG}', environment: [ 'D=$DATA', 'P=$PW' ] } }");
  CHECK(project.services.at("web").image == "docker.io/x:2.8");
  CHECK(project.services.at("web").environment.at("D").plain() == "/srv");
  CHECK(project.services.at("web").environment.at("P").tainted());
}

TEST_CASE("operators of a secret are a limit of style oci only") {
  const Project project = Fixture().load(Fixture::web("environment: { A: '${PW:-x}', B: '${PW:?no}' }"));
  REQUIRE(project.limits.size() == 1);
  CHECK(project.limits[0].of == Limit::Of::containers);
  CHECK(
      project.limits[0].problem.message ==
      "services.web.environment.A uses ${PW:-x} of a secret; in style oci only ${PW} and ${PW:?message} are "
      "supported by this version");
}

TEST_CASE("a value that podman's command line would change is a limit of style oci only") {
  const Project project = Fixture().load(Fixture::web("environment: { A: \"a\\r\\nb\", B: \"a\\rb\\nc\" }"));
  REQUIRE(project.limits.size() == 1);
  CHECK(project.limits[0].of == Limit::Of::containers);
  CHECK(project.limits[0].problem.message ==
        "services.web.environment.A holds a carriage return before a line feed, which `podman run --env` "
        "loses; mount a file instead");
}

}  // namespace
}  // namespace hwcsync::compose
