#include "gitops/layout/secrets.hpp"

#include "tests/layout/fixture.hpp"

namespace hwcsync::layout {
namespace {
using Catch::Matchers::Contains;
using test::Fixture;

const char* const kCompose =
    "services:\n  web: { image: i, environment: { A: '${PW}' }, secrets: [ file ] }\n  other: { image: i "
    "}\nsecrets: { file: { external: true } }\n";

TEST_CASE("a source is looked for beside the stack and then below the repository's secrets") {
  Fixture fixture;
  fixture.tree.put("stacks/one/one.env", test::sops_dotenv({"PW", "UNUSED"}));
  fixture.tree.put("secrets/one.env", "shadowed");
  fixture.tree.put("secrets/shared/db.age", "age-encryption.org/v1\n");
  fixture.stack("one", kCompose,
                "secrets:\n  env: { source: one.env }\n  file: { source: shared/db.age, mode: '0440' }\n");
  const Stack stack = fixture.one();
  REQUIRE(stack.secrets.size() == 2);
  CHECK(stack.secrets[0].name == "env");
  CHECK(stack.secrets[0].source == "stacks/one/one.env");
  CHECK(stack.secrets[0].blob == *fixture.tree.blob_id("stacks/one/one.env"));
  CHECK(stack.secrets[0].format == "sops-dotenv");
  CHECK(stack.secrets[0].variables == std::vector<std::string>{"PW", "UNUSED"});
  CHECK(stack.secrets[0].services == std::vector<std::string>{"web"});
  CHECK(stack.secrets[1].source == "secrets/shared/db.age");
  CHECK(stack.secrets[1].mode == "0440");
  CHECK(stack.secrets[1].services == std::vector<std::string>{"web"});
  CHECK(stack.project.secret_variables == std::set<std::string>{"PW"});
}

TEST_CASE("faults of secrets are told at their line of stack.yaml") {
  Fixture fixture;
  fixture.tree.put("stacks/one/plain.env", "PW=hunter2\n");
  fixture.tree.put("stacks/one/good.env", test::sops_dotenv({"PASSWORD"}));
  fixture.tree.put("stacks/one/blob", R"({"data":"ENC[x]","sops":{"mac":"ENC[y]"}})");
  fixture.stack("one", kCompose,
                "secrets:\n  a: { source: none.env }\n  b: { source: plain.env }\n  c: { source: good.env, "
                "key: PASWORD }\n"
                "  d: { source: blob, key: X }\n  env: { source: blob }\n");
  const std::string text = fixture.problems();
  CHECK(text ==
        "stacks/one/stack.yaml:2:3: the secret file 'none.env' of 'a' is not there; looked for "
        "stacks/one/none.env and secrets/none.env\n"
        "stacks/one/stack.yaml:3:3: the secret file 'stacks/one/plain.env' of 'b' is not encrypted; encrypt "
        "it before it is committed: hwcsync secrets encrypt\n"
        "stacks/one/stack.yaml:4:3: the secret file 'stacks/one/good.env' has no key 'PASWORD'; did you mean "
        "'PASSWORD'?\n"
        "stacks/one/stack.yaml:5:3: the secret file 'stacks/one/blob' is one value and has no key 'X'\n"
        "stacks/one/stack.yaml:6:3: the secret file 'stacks/one/blob' of 'env' is a sops binary file; an env "
        "file must be sops dotenv, yaml or json, or age");
  CHECK(text.find("hunter2") == std::string::npos);
}

TEST_CASE("a key path into a sops YAML file is checked without a key") {
  Fixture fixture;
  fixture.tree.put("stacks/one/db.yaml",
                   "postgres:\n    password: ENC[x]\n    hosts:\n        - ENC[y]\nsops:\n    mac: ENC[z]\n");
  fixture.stack("one", "services:\n  web: { image: i, secrets: [ a ] }\nsecrets: { a: { external: true } }\n",
                "secrets: { a: { source: db.yaml, key: postgres/password } }\n");
  const Stack stack = fixture.one();
  CHECK(stack.secrets[0].format == "sops-yaml");
  CHECK(stack.secrets[0].key == "postgres/password");
  fixture.stack("one", kCompose,
                "secrets:\n  file: { source: db.yaml, key: postgres/pasword }\n  b: { source: db.yaml, key: "
                "postgres/hosts/0 }\n");
  CHECK_THAT(fixture.problems(),
             Contains("has no key 'postgres/pasword'; did you mean 'postgres/password'?"));
}

TEST_CASE("with an age env file every undeclared variable is a secret") {
  Fixture fixture;
  fixture.tree.put("stacks/one/one.age", "age-encryption.org/v1\n");
  fixture.stack("one", "services:\n  web: { image: i, environment: { A: '${ANY}', B: '$LEVEL' } }\n",
                "secrets: { env: { source: one.age } }\n");
  const Stack stack = fixture.one();
  CHECK(stack.project.services.at("web").environment.at("A").tainted());
  CHECK_FALSE(stack.project.services.at("web").environment.at("B").tainted());
  CHECK(stack.secrets[0].variables.empty());
}

TEST_CASE("a secret that is given to some services is refused to the others") {
  Fixture fixture;
  fixture.tree.put("stacks/one/x", test::sops_dotenv({"PW"}));
  fixture.stack(
      "one", kCompose,
      "secrets: { env: { source: x }, file: { source: x, key: PW, services: [ other, nobody ] } }\n");
  CHECK_THAT(
      fixture.problems(),
      Contains("stack.yaml:1:32: the secret 'file' is for the service 'nobody', which does not exist") &&
          Contains("compose.yaml:2:3: the service 'web' uses the secret 'file', which stack.yaml gives to "
                   "other, nobody only"));
}

}  // namespace
}  // namespace hwcsync::layout
