#include "tests/compose/fixture.hpp"

namespace hwcsync::compose {
namespace {
using test::Fixture;

TEST_CASE("a refused key is a limit of the styles that refuse it, and another is a spelling mistake") {
  CHECK(Fixture().problems("configs: {}\n" + Fixture::web("build: .\nimgae: x\nx-mine: 1")) ==
        "6:5: unknown key 'imgae' of a service; did you mean 'image'?");
  const Project project =
      Fixture().load(Fixture::web("build: .\npre_start: [ { command: x } ]\nuse_api_socket: false"));
  REQUIRE(project.limits.size() == 4);
  CHECK(project.limits[0].of == Limit::Of::provider);
  CHECK(project.limits[1].of == Limit::Of::containers);
  CHECK(project.limits[1].problem.where.to_string() == "stacks/s/compose.yaml:4:12");
  CHECK(project.limits[1].problem.message.rfind("services.web.build is refused: hwcsync builds images", 0) ==
        0);
  CHECK(project.limits[2].of == Limit::Of::provider);
  CHECK(project.limits[2].problem.message.rfind("services.web.pre_start is refused: ", 0) == 0);
}

TEST_CASE("every use of a key is remembered with its place") {
  const Project project = Fixture().load(Fixture::web("ports: [ { target: 80, mode: host } ]\nhostname:"));
  std::vector<std::string> uses;
  for (const KeyUse& use : project.keys)
    uses.push_back(use.path + ' ' + std::string(to_string(use.row->provider.verdict)));
  CHECK(uses == std::vector<std::string>{"services mapped", "services.web.image mapped",
                                         "services.web.ports mapped", "services.web.ports[0].target mapped",
                                         "services.web.ports[0].mode ignored"});
}

TEST_CASE("an image is a name and never an option of podman") {
  CHECK(Fixture().problems("services: { a: { image: '--all-tags' } }") ==
        "1:25: '--all-tags' is no name of an image");
  CHECK(Fixture().problems("services: { a: { image: '/x' } }") == "1:25: '/x' is no name of an image");
  CHECK(Fixture().problems("services: { a: { image: 'docker.io/x-y/z:1-2' } }").empty());
}

TEST_CASE("every problem of a file is told") {
  CHECK(
      Fixture().problems("services:\n  a: { command: x }\n  b: { image: i, restart: never }\n  c: text\n") ==
      "2:3: the service 'a' has no image\n"
      "3:27: expected one of no, always, on-failure, on-failure:N, unless-stopped, found 'never'\n"
      "4:3: the service 'c' must be a mapping");
}

TEST_CASE("the project's name is stack.yaml's, then the file's, then the directory's") {
  Fixture fixture;
  CHECK(fixture.load(Fixture::web("")).name == "s");
  CHECK(fixture.load("name: from-file\n" + Fixture::web("")).name == "from-file");
  CHECK(fixture.load(Fixture::web("hostname: h-${COMPOSE_PROJECT_NAME}")).services.at("web").hostname ==
        "h-s");
  fixture.context.project_name = "given";
  CHECK(fixture.load("name: from-file\n" + Fixture::web("")).name == "given");
  fixture.context.project_name = "Given";
  CHECK_THAT(fixture.problems(Fixture::web("")),
             Catch::Matchers::Contains("'Given' is no name for a project"));
}

TEST_CASE("profiles choose services, and what is left out is told") {
  Fixture fixture;
  const std::string text = "services:\n  a: { image: i }\n  b: { image: i, profiles: [ debug ] }\n";
  CHECK(fixture.load(text).services.size() == 1);
  CHECK(fixture.load(text).disabled == std::set<std::string>{"b"});
  fixture.context.profiles = {"debug"};
  CHECK(fixture.load(text).services.size() == 2);
  fixture.context.profiles = {"*"};
  CHECK(fixture.load(text).services.size() == 2);
}

TEST_CASE("a dependency must be there unless it is not required") {
  const std::string off = "  b: { image: i, profiles: [ debug ] }\n";
  CHECK(Fixture().problems("services:\n  a: { image: i, depends_on: [ b ] }\n" + off) ==
        "2:3: the service 'a' depends on 'b', which no active profile enables");
  CHECK(Fixture().problems(
            "services:\n  alpha: { image: i, depends_on: [ alhpa2 ] }\n  alpha2: { image: i }\n") ==
        "2:3: the service 'alpha' depends on 'alhpa2', which does not exist; did you mean 'alpha2'?");
  const Project project =
      Fixture().load("services:\n  a: { image: i, depends_on: { b: { required: false } } }\n" + off);
  CHECK(project.services.at("a").depends_on.empty());
}

TEST_CASE("conditions of dependencies") {
  const Service service =
      Fixture()
          .load(
              "services:\n  a: { image: i, depends_on: { b: { condition: service_healthy, restart: true }, "
              "c: { condition: "
              "service_completed_successfully } } }\n  b: { image: i }\n  c: { image: i }\n")
          .services.at("a");
  CHECK(service.depends_on.at("b") == Dependency{Dependency::Condition::healthy, true, true});
  CHECK(service.depends_on.at("c") == Dependency{Dependency::Condition::completed, false, true});
}

TEST_CASE("services that wait for each other are refused with the circle") {
  CHECK(Fixture().problems(
            "services:\n  a: { image: i, depends_on: [ b ] }\n  b: { image: i, network_mode: 'service:c' }\n"
            "  c: { image: i, depends_on: [ a ] }\n") ==
        "2:3: services wait for each other: a -> b -> c -> a");
}

TEST_CASE("a service without a network joins the default one") {
  const Project project = Fixture().load(
      "services:\n  a: { image: i }\n  b: { image: i, networks: [ back ] }\n"
      "networks:\n  back: { internal: true, ipam: { config: [ { subnet: 10.1.0.0/24 } ] } }\n"
      "  out: { external: true }\n");
  CHECK(project.networks.at("default").name == "s_default");
  CHECK(project.networks.at("back") ==
        Network{.key = "back", .name = "s_back", .ipam = {{.subnet = "10.1.0.0/24"}}, .internal = true});
  CHECK(project.networks.at("out").name == "out");
  CHECK(project.services.at("a").networks == std::vector<NetworkAttachment>{{.key = "default"}});
}

TEST_CASE("command lines and lists") {
  const Service line = Fixture().service("command: serve --name 'two words'\nentrypoint: [ /bin/x, '-v' ]");
  CHECK(*line.command == std::vector<std::string>{"serve", "--name", "two words"});
  CHECK(*line.entrypoint == std::vector<std::string>{"/bin/x", "-v"});
  CHECK_FALSE(Fixture().service("").command);
}

TEST_CASE("health checks") {
  const Service service = Fixture().service(
      "healthcheck: { test: 'curl -f http://localhost || exit 1', interval: 1m30s, retries: 3 }");
  CHECK(service.health_check->test ==
        std::vector<std::string>{"CMD-SHELL", "curl -f http://localhost || exit 1"});
  CHECK(service.health_check->retries == 3);
  CHECK(Fixture().service("healthcheck: { test: [ NONE ] }").health_check->disabled);
  CHECK(Fixture().problems(Fixture::web("healthcheck: { test: [ curl ], interval: 5 }")) ==
        "4:26: a health check's list begins with CMD, CMD-SHELL or NONE, not 'curl'\n"
        "4:46: expected a duration with its unit, such as 1m30s, found '5'");
}

TEST_CASE("the remaining fields") {
  const Service service = Fixture().service(
      "labels: [ a=b, c ]\nextra_hosts: [ 'h=1.2.3.4', 'i:host-gateway' ]\ndns: 9.9.9.9\ntmpfs: [ /tmp ]\n"
      "mem_limit: 512m\nshm_size: 1gb\ncpus: 1.5\nread_only: ${RO:-true}\nstop_grace_period: 1m\nuser: "
      "'1000:100'");
  CHECK(service.labels == std::map<std::string, std::string>{{"a", "b"}, {"c", ""}});
  CHECK(service.extra_hosts == std::vector<std::string>{"h:1.2.3.4", "i:host-gateway"});
  CHECK(service.dns == std::vector<std::string>{"9.9.9.9"});
  CHECK(service.limits.memory == "512m");
  CHECK(service.limits.cpus == "1.5");
  CHECK(service.read_only);
  CHECK(service.user == "1000:100");
}

TEST_CASE("merge keys and anchors are resolved before anything else") {
  const Project project = Fixture().load(
      "x-base: &base { image: i, restart: always }\nservices:\n  a: { <<: *base, restart: 'no' }\n");
  CHECK(project.services.at("a").image == "i");
  CHECK(project.services.at("a").restart == "no");
}

TEST_CASE("unset variables are gathered with their first place") {
  const Project project = Fixture().load(Fixture::web("hostname: a${NOBODY}\nuser: ${NOBODY:-0}"));
  REQUIRE(project.unset_variables.size() == 1);
  CHECK(project.unset_variables.at("NOBODY").to_string() == "stacks/s/compose.yaml:4:15");
}

TEST_CASE("a required variable without a value is an error at its place") {
  CHECK(Fixture().problems(Fixture::web("hostname: ${NAME:?set NAME in stack.yaml}")) ==
        "4:15: required variable NAME is missing a value: set NAME in stack.yaml");
}

}  // namespace
}  // namespace hwcsync::compose
