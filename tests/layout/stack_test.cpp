#include "tests/layout/fixture.hpp"

namespace hwcsync::layout {
namespace {
using Catch::Matchers::Contains;
using test::Fixture;

const char* const kWeb = "services:\n  web: { image: 'docker.io/library/caddy:2' }\n";

TEST_CASE("a stack of style compose belongs to a user and is one unit") {
  Fixture fixture;
  fixture.stack("one", kWeb);
  const Stack stack = fixture.one();
  CHECK(stack.compose_file == "stacks/one/compose.yaml");
  CHECK(stack.user == "homelab");
  CHECK(stack.account.uid == 1000);
  CHECK(stack.unit == "one-stack");
  CHECK(stack.units() == std::vector<std::string>{"one-stack"});
  CHECK(stack.container(stack.project.services.at("web")) == "one-web-1");
  CHECK(stack.secret_path("pw") == "/run/user/1000/secrets/one/pw");
  CHECK(stack.env_file(stack.unit) == "one-stack.env");
  CHECK(stack.project.services.at("web").labels.at("io.hwcsync.stack") == "one");
  CHECK(fixture.counters.stacks == 1);
}

TEST_CASE("a stack of style oci belongs to root and is one unit a container") {
  Fixture fixture;
  fixture.stack("one", "services:\n  web: { image: i }\n  db: { image: j, container_name: database }\n",
                "style: oci\ncategory: media\n");
  const Stack stack = fixture.one();
  CHECK(stack.user == "root");
  CHECK(stack.account.uid == 0);
  CHECK(stack.units() == std::vector<std::string>{"podman-database", "podman-one-web"});
  CHECK(stack.secret_path("pw") == "/run/hwcsync/view/0/one/pw");
}

TEST_CASE("commands before a start have a unit of their own in style oci") {
  Fixture fixture;
  fixture.stack("one", kWeb, "prepare: { commands: [ 'true' ] }\n");
  CHECK(fixture.one().config.prepare.commands == std::vector<std::string>{"true"});
  fixture.stack("one", kWeb,
                "variables: { OWN: a b, OWNER: c }\nprepare: { commands: [ 'ls \"${OWN}\"/x $HOME' ] }\n");
  CHECK(fixture.one().config.prepare.variables == std::map<std::string, std::string>{{"OWN", "a b"}});
  fixture.stack("one", kWeb, "style: oci\nprepare: { commands: [ 'true' ] }\n");
  CHECK(fixture.one().units() == std::vector<std::string>{"one-prepare", "podman-one-web"});
}

TEST_CASE("variables of the stack win over the host's, and those over the repository's") {
  Fixture fixture;
  const std::string compose =
      "services:\n  web: { image: i, environment: [ 'L=$LEVEL', 'B=$BOTH', 'S=$OWN', 'TZ=$TZ', "
      "'X=$XDG_RUNTIME_DIR', 'U=$USER' ] }\n";
  fixture.stack("one", compose,
                "variables: { OWN: '${BOTH}/own' }\nenvironment-from-host: [ XDG_RUNTIME_DIR, USER ]\n");
  const auto environment = fixture.one().project.services.at("web").environment;
  CHECK(environment.at("L").plain() == "host");
  CHECK(environment.at("B").plain() == "/mnt/docker/x");
  CHECK(environment.at("S").plain() == "/mnt/docker/x/own");
  CHECK(environment.at("TZ").plain() == "Europe/Berlin");
  CHECK(environment.at("X").plain() == "/run/user/1000");
  CHECK(environment.at("U").plain() == fixture.one().user);
  fixture.stack("one", compose, "variables: { LEVEL: stack, OWN: $NOBODY }\n");
  CHECK_THAT(
      fixture.problems(),
      Contains(
          "stacks/one/stack.yaml:1:28: the variable 'OWN' uses 'NOBODY', which no level below it declares"));
}

TEST_CASE("texts of stack.yaml are filled in, and a container's owner is mapped through the sub-ids") {
  Fixture fixture;
  fixture.stack(
      "one", kWeb,
      "prepare:\n  directories:\n    - { path: '${DATA_ROOT}/a', container-owner: '0:0' }\n    - { path: /b, "
      "container-owner: '999:1' }\n"
      "mounts: { required: [ '${DATA_ROOT}' ] }\nhealth: { probes: [ { http: 'http://h/${LEVEL}' } ] }\n");
  const auto config = fixture.one().config;
  CHECK(config.prepare.directories[0].path == "/mnt/docker/a");
  CHECK(config.prepare.directories[0].owner == "1000:100");
  CHECK(config.prepare.directories[1].owner == "100998:100000");
  CHECK(config.mounts.required == std::vector<std::string>{"/mnt/docker"});
  CHECK(config.health.probes[0].http == "http://h/host");
}

TEST_CASE("assets are declared, or come with a mount") {
  Fixture fixture;
  fixture.tree.put("stacks/one/Caddyfile", ":80\n");
  fixture.tree.put("stacks/one/extra.txt", "x");
  fixture.stack("one",
                "services:\n  web: { image: i, volumes: [ '${CADDY_FILE}:/c:ro', './extra.txt:/x:ro' ] }\n",
                "assets: { CADDY_FILE: Caddyfile }\n");
  const Stack stack = fixture.one();
  REQUIRE(stack.assets.size() == 2);
  CHECK(stack.assets[0].name == "Caddyfile");
  CHECK(stack.assets[0].variable == "CADDY_FILE");
  CHECK(stack.assets[0].content == ":80\n");
  CHECK(stack.assets[0].blob == *fixture.tree.blob_id("stacks/one/Caddyfile"));
  CHECK(stack.assets[1].name == "extra.txt");
  CHECK(stack.project.services.at("web").volumes[0].source == "/etc/hwcsync/stacks/one/assets/Caddyfile");
  fixture.stack("one", kWeb, "assets: { F: Caddyfil }\n");
  CHECK(fixture.problems() ==
        "stacks/one/stack.yaml:1:11: the asset 'Caddyfil' (F) is not a tracked file of this stack");
}

TEST_CASE("the home directory is that of the stack's user, and root's in style oci") {
  Fixture fixture;
  const std::string compose = "services:\n  web: { image: i, volumes: [ '~/a:/a', '${HOME}/b:/b' ] }\n";
  const auto sources = [&](const std::string& config) {
    fixture.stack("one", compose, config);
    const auto stack = fixture.one();
    const auto& volumes = stack.project.services.at("web").volumes;
    return std::vector<std::string>{volumes.at(0).source, volumes.at(1).source};
  };
  CHECK(sources("{}\n") == std::vector<std::string>{"/home/homelab/a", "/home/homelab/b"});
  CHECK(sources("style: oci\n") == std::vector<std::string>{"/root/a", "/root/b"});
  CHECK(sources("variables: { HOME: /srv }\n") == std::vector<std::string>{"/home/homelab/a", "/srv/b"});
  fixture.tree.put(
      "hwcsync.yaml",
      "version: 1\nhosts: { server: { flake: '#s', stacks: [one], users: { homelab: { uid: 1000, home: "
      "/var/lib/homelab } } } }\n");
  CHECK(sources("{}\n") == std::vector<std::string>{"/var/lib/homelab/a", "/var/lib/homelab/b"});
}

TEST_CASE("a stack builds images where it says so, and mounts directories without its own settings") {
  Fixture fixture;
  fixture.tree.put("stacks/one/Dockerfile", "FROM scratch\n");
  fixture.tree.put("stacks/one/token.age", "age-encryption.org/v1\n-> X25519 x\nx\n--- x\nx");
  fixture.stack("one", "services:\n  web: { build: ., volumes: [ '.:/code:ro' ] }\n",
                "build: true\nsecrets: { token: { source: token.age } }\n");
  const Stack stack = fixture.one();
  const auto& directories = stack.project.directories;
  CHECK(stack.project.contexts.at("web").files.size() == 1);
  REQUIRE(directories.at(".").files.size() == 1);
  CHECK(directories.at(".").files.begin()->first == "Dockerfile");
  CHECK(stack.project.services.at("web").image.rfind("localhost/hwcsync/one-web:", 0) == 0);
}

TEST_CASE("a file elsewhere in the repository is an asset with a name of its own") {
  test::Fixture fixture;
  fixture.stack("one", "services: { w: { image: i, volumes: [ '../../shared/Caddyfile:/c' ] } }\n");
  fixture.tree.put("shared/Caddyfile", ":80\n");
  const Stack stack = fixture.one();
  REQUIRE(stack.assets.size() == 1);
  CHECK(stack.assets[0].name == "_outside/shared/Caddyfile");
  CHECK(stack.assets[0].content == ":80\n");
  CHECK(stack.assets[0].blob == *fixture.tree.blob_id("shared/Caddyfile"));
  CHECK(stack.project.services.at("w").volumes[0].source ==
        "/etc/hwcsync/stacks/one/assets/_outside/shared/Caddyfile");
}

TEST_CASE("a listed stack without a directory or Compose file is told where it is listed") {
  Fixture fixture("one, onne");
  fixture.stack("one", kWeb);
  CHECK(fixture.problems() ==
        "hwcsync.yaml:7:20: the stack 'onne' has no directory 'stacks/onne'; did you mean 'one'?");
  fixture.tree.put("stacks/onne/README.md", "x");
  CHECK(fixture.problems() ==
        "hwcsync.yaml:7:20: the stack 'onne' has no Compose file; expected stacks/onne/compose.yaml");
}

TEST_CASE("an unknown user names the nearest") {
  Fixture fixture;
  fixture.stack("one", kWeb, "user: homelap\n");
  CHECK(fixture.problems() ==
        "stacks/one/stack.yaml:1:1: the user 'homelap' of the stack 'one' is not among this host's 'users'; "
        "did you mean 'homelab'?");
}

TEST_CASE("what is wrong in hwcsync.yaml is told with its line") {
  Fixture fixture;
  fixture.stack("one", kWeb);
  const auto told = [&](const std::string& head, const std::string& host_variables) {
    fixture.tree.put("hwcsync.yaml", "version: 1\n" + head +
                                         "hosts:\n  server:\n    flake: '#server'\n    stacks: [ one ]\n" +
                                         "    users: { homelab: { uid: 1000 } }\n" + host_variables);
    return fixture.problems();
  };
  CHECK(told("defaults:\n  user: homelap\n", "").rfind("hwcsync.yaml:3:3: the user 'homelap' of the", 0) ==
        0);
  CHECK(told("variables:\n  A: a\n  B: ${NOBODY}\n", "")
            .rfind("hwcsync.yaml:4:3: the variable 'B' uses 'NOBODY'", 0) == 0);
  CHECK(told("", "    variables:\n      B: '${A'\n").rfind("hwcsync.yaml:8:7: the variable 'B':", 0) == 0);
}

TEST_CASE("a stack of style oci is root's, or a user's of the host") {
  Fixture fixture;
  fixture.stack("one", kWeb, "style: oci\n");
  CHECK(fixture.one().user == "root");
  fixture.stack("one", kWeb, "style: oci\nuser: root\n");
  CHECK(fixture.one().account.uid == 0);
  fixture.stack("one", kWeb, "style: oci\nuser: homelab\ncategory: media\n");
  const Stack stack = fixture.one();
  CHECK(stack.user == "homelab");
  CHECK(stack.account.uid == 1000);
  CHECK(stack.secret_path("pw") == "/run/user/1000/secrets/one/pw");
  CHECK(stack.host_id(0, 100) == 100);
  CHECK(stack.host_id(999, 100) == 100998);
  fixture.stack("one", kWeb, "style: oci\nuser: homelap\n");
  CHECK_THAT(fixture.problems(), Contains("stack.yaml:2:1: the user 'homelap'"));
}

TEST_CASE("a user of the stack's own is asked for with ids that nobody has") {
  Fixture fixture("one, two");
  fixture.stack("one", kWeb, "user: dedicated\n");
  fixture.stack("two", kWeb);
  CHECK(
      fixture.problems() ==
      "stacks/one/stack.yaml:1:1: the stack 'one' is to have a user of its own, and only hwcsync.yaml hands "
      "out ids; add to the host's 'users': stack-one: { uid: 2000, sub-ids: 1000000 } (and leave it there "
      "when the "
      "stack goes: its ids own files)");
  const auto users = [&](const std::string& line) {
    std::string config = *fixture.tree.read("hwcsync.yaml");
    fixture.tree.put("hwcsync.yaml", config.insert(config.find("homelab: {"), line));
  };
  users("stack-one: { uid: 2003, sub-ids: 1000000 }, ");
  for (const char* style : {"", "style: oci\n"}) {
    fixture.stack("one", kWeb, std::string("user: dedicated\n") + style);
    CHECK(fixture.one().user == "stack-one");
    CHECK(fixture.one().account.uid == 2003);
    CHECK(fixture.one().secret_path("x") == "/run/user/2003/secrets/one/x");
  }
  fixture.stack("two", kWeb, "user: stack-one\n");
  CHECK_THAT(fixture.problems(),
             Contains("stacks/two/stack.yaml:1:1: the user 'stack-one' is the stack one's own"));
  fixture.stack("two", kWeb, "user: dedicated\n");
  CHECK_THAT(fixture.problems(), Contains("stack-two: { uid: 2004, sub-ids: 1065536 }"));
}

TEST_CASE("every stack can have a user of its own") {
  Fixture fixture;
  fixture.stack("one", kWeb);
  std::string config = *fixture.tree.read("hwcsync.yaml");
  config.insert(config.find("defaults: { ") + 12, "user: dedicated, ");
  fixture.tree.put("hwcsync.yaml", config);
  CHECK_THAT(fixture.problems(), Contains("hwcsync.yaml:2:13: the stack 'one' is to have a user of its own"));
}

TEST_CASE("what takes root, or a newer NixOS, is refused to a user's containers in words") {
  Fixture fixture;
  const std::string macvlan =
      "services: { web: { image: i, networks: [n] } }\nnetworks: { n: { driver: macvlan } }\n";
  fixture.stack("one", macvlan, "style: oci\n");
  CHECK_NOTHROW(fixture.one());
  fixture.stack("one", macvlan, "style: oci\nuser: homelab\n");
  CHECK_THAT(fixture.problems(), Contains("the network 'n' has the driver macvlan, which needs root"));
  fixture.stack("one", kWeb, "style: oci\nuser: homelab\n");
  std::string config = *fixture.tree.read("hwcsync.yaml");
  fixture.tree.put("hwcsync.yaml", config.replace(config.find("    users:"), 0, "    nixpkgs: '24.11'\n"));
  CHECK_THAT(fixture.problems(),
             Contains("stack.yaml:2:1: containers of a user in style oci need NixOS 25.05"));
}

TEST_CASE("keys of one style are refused in the other") {
  Fixture fixture;
  fixture.stack("one", kWeb, "style: oci\nuser: homelab\nunit: x\n");
  CHECK_THAT(fixture.problems(), Contains("stack.yaml:3:1: a stack of style oci has one unit a container"));
  fixture.stack("one", kWeb, "category: media\n");
  CHECK_THAT(fixture.problems(), Contains("'category' is for stacks of style oci"));
}

TEST_CASE("a stack that is refused can be looked at") {
  Fixture fixture;
  fixture.stack("one", "services:\n  web: { build: . }\n");
  CHECK_THAT(fixture.problems(), Contains("services.web.build is refused: "));
  const auto repository = stack::read_repository_config(fixture.tree);
  LoadCounters counters;
  const Stack stack = load_stack(fixture.tree, repository, stack::find_host(repository, "server"), "one",
                                 counters, Limits::kept);
  CHECK(stack.project.limits.size() == 2);
  CHECK(stack.project.keys.size() == 2);
}

TEST_CASE("what one style cannot carry is an error in that style only") {
  Fixture fixture;
  fixture.tree.put("stacks/one/one.env", test::sops_dotenv({"PW"}));
  const std::string compose =
      "services:\n  web: { image: i, command: 'x ${PW}', environment: { A: '${PW:-y}' } }\n";
  fixture.stack("one", compose, "secrets: { env: { source: one.env } }\n");
  CHECK(fixture.problems().empty());
  fixture.stack("one", compose, "style: oci\nsecrets: { env: { source: one.env } }\n");
  CHECK_THAT(
      fixture.problems(),
      Contains("compose.yaml:2:29: the secret PW from stacks/one/one.env reaches services.web.command") &&
          Contains("services.web.environment.A uses ${PW:-y} of a secret"));
  const std::string owner = "services:\n  web: { image: i, volumes: [ '/a:/b:U' ] }\n";
  fixture.stack("one", owner);
  CHECK_THAT(fixture.problems(),
             Contains("compose.yaml:2:31: the option 'U' is podman's own and docker-compose drops it"));
  fixture.stack("one", owner, "style: oci\n");
  CHECK(fixture.problems().empty());
}

TEST_CASE("an override file beside the Compose file counts, and every file that was read is known") {
  test::Fixture fixture;
  fixture.stack("one", "services: { w: { image: i, env_file: [ { path: gone.env, required: true } ] } }\n");
  fixture.tree.put("stacks/one/compose.override.yaml",
                   "services: { w: { image: 'j:${LEVEL}', env_file: !override ../../shared/w.env } }\n");
  fixture.tree.put("shared/w.env", "A=${LEVEL}\n");
  const Stack stack = fixture.one();
  CHECK(stack.compose_file == "stacks/one/compose.yaml");
  CHECK(stack.project.services.at("w").image == "j:host");
  CHECK(stack.project.services.at("w").environment.at("A").plain() == "host");
  CHECK(stack.project.files == std::set<std::string>{"shared/w.env", "stacks/one/.env",
                                                     "stacks/one/compose.override.yaml",
                                                     "stacks/one/compose.yaml"});
}

TEST_CASE(
    "a file of another stack of the host may not be brought in, one of a directory that is no stack may") {
  const std::string uses_two = "services: { w: { extends: { file: ../two/base.yaml, service: b } } }\n";
  test::Fixture fixture("one, two");
  fixture.stack("one", uses_two);
  fixture.stack("two", "services: { w: { image: i } }\n");
  fixture.tree.put("stacks/two/base.yaml", "services: { b: { image: i } }\n");
  CHECK(
      fixture.problems() ==
      "stacks/one/compose.yaml: the stack 'one' uses stacks/two/base.yaml, which belongs to the stack 'two'; "
      "move what both use to a directory that is no stack of this host, such as stacks/shared");
  test::Fixture alone("one");
  alone.stack("one", uses_two);
  alone.tree.put("stacks/two/base.yaml", "services: { b: { image: i } }\n");
  CHECK(alone.one().project.services.at("w").image == "i");
}

TEST_CASE("x-hwcsync stands in the first file only") {
  test::Fixture fixture;
  fixture.tree.put("stacks/one/compose.yaml", "services: { w: { image: i } }\nx-hwcsync: { project: p }\n");
  CHECK(fixture.one().project.name == "p");
  fixture.tree.put("stacks/one/compose.override.yaml", "x-hwcsync: { project: q }\n");
  CHECK(fixture.problems() ==
        "stacks/one/compose.override.yaml:1:12: 'x-hwcsync' belongs into the first document of "
        "stacks/one/compose.yaml, or into stack.yaml");
}

}  // namespace
}  // namespace hwcsync::layout
