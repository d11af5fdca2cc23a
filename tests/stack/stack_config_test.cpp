#include "gitops/stack/stack_config.hpp"

#include "tests/support/catch.hpp"

namespace hwcsync::stack {
namespace {

MemoryTree tree_of(std::map<std::string, std::string> files) {
  return MemoryTree(std::move(files));
}

StackConfig read(const std::string& text) {
  return read_stack_config(
      tree_of({{"stacks/s/stack.yaml", text}, {"stacks/s/compose.yaml", "services: {}\n"}}), "stacks/s");
}

std::string problems(const std::string& text) {
  try {
    (void)read(text);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST_CASE("the keys of the design are read") {
  const StackConfig config = read(R"(description: Photo library
style: compose
project: immich
unit: immich-stack
user: homelab
profiles: [ gpu ]
variables: { A: b }
assets: { CADDY_FILE: Caddyfile }
environment-from-host: [ XDG_RUNTIME_DIR ]
secrets:
  env: { source: immich.env }
  db-password: { source: db.env, key: PW, services: [ database ], mode: "0440" }
mounts: { required: [ /mnt/data ], on-demand: [ /mnt/mum ] }
firewall: { tcp: [ 2283 ], udp: [ 53 ], proxied: [ 2283 ] }
prepare:
  directories:
    - { path: "${DATA_ROOT}/x", container-owner: "999:999", mode: "0750" }
units: { after: [ a.target ], wants: [ b.service ], requires: [ c.service ] }
routes: [ { domain: photos.example.net, upstream: 2283, tls: internal } ]
start-after: [ database ]
health: { timeout: 90s, probes: [ { http: "http://127.0.0.1:2283/" }, { tcp: "127.0.0.1:1" }, { command: [ "true" ] } ] }
lint: { ignore: [ { rule: image-unpinned, service: web, reason: "upstream publishes only latest" } ] }
)");
  CHECK(config.secrets.at("db-password").key == "PW");
  CHECK(config.secrets.at("db-password").where.to_string() == "stacks/s/stack.yaml:12:3");
  CHECK(config.prepare.directories.at(0).container_owner == "999:999");
  CHECK(config.units.requires_ == std::vector<std::string>{"c.service"});
  CHECK(config.health.probes.size() == 3);
  CHECK(config.place("unit").line == 4);
  CHECK(config.place("networks").to_string() == "stacks/s/stack.yaml");
}

TEST_CASE("an unknown key names file, line, column and the nearest word") {
  CHECK(problems("description: x\nfirewal: {}\n") ==
        "stacks/s/stack.yaml:2:1: unknown key 'firewal'; did you mean 'firewall'?");
  CHECK(problems("health: { timeot: 5s }\n") ==
        "stacks/s/stack.yaml:1:11: unknown key 'timeot'; did you mean 'timeout'?");
}

TEST_CASE("commands and a registry login are read") {
  const StackConfig config = read(
      "prepare: { commands: [ \"mkdir -p x\", \"touch x/y\" ] }\n"
      "secrets: { token: { source: token.age } }\n"
      "registry-login: { registry: ghcr.io, username: me, password: token }\n");
  CHECK(config.prepare.commands == std::vector<std::string>{"mkdir -p x", "touch x/y"});
  REQUIRE(config.registry_login);
  CHECK(*config.registry_login == RegistryLogin{"ghcr.io", "me", "token"});
}

TEST_CASE("the password of a registry login is the name of a secret, never a password") {
  const std::string secrets = "secrets: { token: { source: token.age }, env: { source: s.env } }\n";
  CHECK(problems(secrets + "registry-login: { registry: ghcr.io, username: me, password: tokn }\n") ==
        "stacks/s/stack.yaml:2:52: the password of registry-login is the name of a secret of this stack, and "
        "'tokn' is none; did you mean 'token'?");
  CHECK(problems(secrets + "registry-login: { registry: ghcr.io, username: me, password: env }\n") != "");
  CHECK(problems(secrets +
                 "registry-login: { registry: \"ghcr.io extra\", username: me, password: token }\n") ==
        "stacks/s/stack.yaml:2:19: 'ghcr.io extra' is no registry; write its name, such as ghcr.io");
  CHECK(problems(secrets + "registry-login: { registry: ghcr.io, username: \"-u x\", password: token }\n") ==
        "stacks/s/stack.yaml:2:38: '-u x' cannot be a user of a registry");
  CHECK(problems(secrets + "registry-login: { registry: ghcr.io, username: me }\n") ==
        "stacks/s/stack.yaml:2:17: key 'password' is missing here");
}

TEST_CASE("keys that this version does not act on are refused with those words") {
  CHECK(problems("prepare: { once: [ x ] }\n") ==
        "stacks/s/stack.yaml:1:18: 'once' is not supported by this version yet");
  CHECK(problems("secrets: { a: { source: x, template: y } }\n") ==
        "stacks/s/stack.yaml:1:12: the secret 'a' needs exactly one of 'source' and 'template'");
  CHECK(problems("routes: [ { domain: x, upstream: 1, basic-auth: { a: secret1234 } } ]\n") ==
        "stacks/s/stack.yaml:1:51: basic-auth of the user 'a' must be a bcrypt hash, never the password; "
        "`caddy "
        "hash-password` makes one");
  CHECK(
      problems("environment-from-host: [ HOME ]\n") ==
      "stacks/s/stack.yaml:1:26: what 'HOME' is on the host cannot be known from the repository, and a "
      "revision "
      "must mean the same wherever it is rendered; XDG_RUNTIME_DIR, USER and LOGNAME follow from the stack's "
      "user. Declare it under the host's 'variables' in hwcsync.yaml instead");
}

TEST_CASE("values are checked, all at once") {
  CHECK(
      problems("unit: x.service\nfirewall: { tcp: [ 0 ] }\nhealth: { timeout: soon, probes: [ {} ] }\n"
               "lint: { ignore: [ { rule: image-unpined, reason: ' ' } ] }\n"
               "secrets: { env: { source: a, key: b }, 'x y': {} }\n"
               "prepare: { directories: [ { path: /x, owner: root, mode: rwx } ] }\n") ==
      "stacks/s/stack.yaml:1:1: leave '.service' out of the unit's name\n"
      "stacks/s/stack.yaml:5:12: the secret 'env' is the stack's env file and takes nothing but a 'source'\n"
      "stacks/s/stack.yaml:5:40: 'x y' is no name for a secret (letters, digits, '.', '_' and '-')\n"
      "stacks/s/stack.yaml:5:40: the secret 'x y' needs exactly one of 'source' and 'template'\n"
      "stacks/s/stack.yaml:2:20: 0 is no port (1 to 65535)\n"
      "stacks/s/stack.yaml:6:27: 'root' is no owner; write \"uid:gid\" in numbers\n"
      "stacks/s/stack.yaml:6:27: 'rwx' is no mode; write it as \"0755\"\n"
      "stacks/s/stack.yaml:3:36: a probe has exactly one of http, tcp and command\n"
      "stacks/s/stack.yaml:3:11: 'soon' is no time limit; write it as 120s or 3m\n"
      "stacks/s/stack.yaml:4:19: unknown rule 'image-unpined'; did you mean 'image-unpinned'?\n"
      "stacks/s/stack.yaml:4:19: the rule 'image-unpined' is ignored without a reason");
}

TEST_CASE("NUL in a text or a key is told where it stands, when the file is read") {
  CHECK(problems("description: d\nunits: { after: [ \"a\\0b\" ] }\n") ==
        "stacks/s/stack.yaml:2:19: holds a NUL byte, or text that is not UTF-8: remove it");
  CHECK(problems("variables:\n  \"A\\0\": b\n").find("stacks/s/stack.yaml:2:3: the key holds a NUL byte") !=
        std::string::npos);
}

TEST_CASE("a name for no project is told where stack.yaml says it") {
  CHECK(problems("unit: x\nproject: A B\n")
            .rfind("stacks/s/stack.yaml:2:1: 'A B' is no name for a project", 0) == 0);
}

TEST_CASE("x-hwcsync in the Compose file is the same, and both are an error") {
  const std::string compose = "services: {}\nx-hwcsync:\n  description: inside\n  unti: x\n";
  CHECK_THROWS_WITH(read_stack_config(tree_of({{"stacks/s/compose.yaml", compose}}), "stacks/s"),
                    "stacks/s/compose.yaml:4:3: unknown key 'unti'; did you mean 'unit'?");
  CHECK_THROWS_WITH(
      read_stack_config(tree_of({{"stacks/s/compose.yaml", compose}, {"stacks/s/stack.yaml", "{}\n"}}),
                        "stacks/s"),
      "stacks/s/compose.yaml:2:1: there is a stack.yaml too; keep the settings in one of the two places");
  CHECK(read_stack_config(tree_of({{"stacks/s/compose.yaml", "x-hwcsync: { description: inside }\n"}}),
                          "stacks/s")
            .description == "inside");
}

TEST_CASE("a stack without settings has the defaults") {
  const StackConfig config =
      read_stack_config(tree_of({{"stacks/s/compose.yaml", "services: {}\n"}}), "stacks/s");
  CHECK_FALSE(config.style);
  CHECK(config.health.timeout == "120s");
}

}  // namespace
}  // namespace hwcsync::stack
