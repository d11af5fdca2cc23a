#include "gitops/layout/secrets.hpp"

#include "tests/layout/fixture.hpp"

namespace hwcsync::layout {
namespace {
using Catch::Matchers::Contains;
using test::Fixture;

const char* const kCompose =
    "services:\n  web: { image: i, environment: { A: '${PW}' }, secrets: [ file ] }\n  other: { image: i "
    "}\nsecrets: { file: { external: true } }\n";

TEST_CASE("grants of one secret or config with two modes are refused in style oci when the stack is read") {
  Fixture fixture;
  const auto told = [&](const std::string& grants, const std::string& style) {
    fixture.tree.put("stacks/one/s.age", "age-encryption.org/v1\n");
    fixture.stack("one",
                  "services:\n  web: { image: i, " + grants +
                      " }\nsecrets: { s: { external: true } }\nconfigs: { c: { content: x } }\n",
                  "style: " + style + "\nsecrets: { s: { source: s.age } }\n");
    return fixture.problems();
  };
  const std::string secrets = "secrets: [ { source: s, mode: 0400 }, { source: s, target: b, mode: 0440 } ]";
  const std::string configs = "configs: [ { source: c, mode: 0400 }, { source: c, target: b, mode: 0440 } ]";
  CHECK_THAT(told(secrets, "oci"), Contains("wants the secret 's' with two owners or modes"));
  CHECK_THAT(told(configs, "oci"), Contains("wants the config 'c' with two owners or modes"));
  CHECK(told("secrets: [ { source: s, mode: 0400 }, { source: s, target: b, mode: 0400 } ]", "oci").empty());
  CHECK(told("configs: [ c, { source: c, target: b, mode: 0440 } ]", "oci").empty());
}

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

TEST_CASE("a template takes its values from the other secrets of the stack") {
  Fixture fixture;
  fixture.tree.put("stacks/one/one.env", test::sops_dotenv({"PW"}));
  fixture.tree.put("stacks/one/file.tmpl", "user=x\npassword=${secret:pw|env}\n");
  fixture.stack(
      "one", kCompose,
      "secrets:\n  env: { source: one.env }\n  pw: { source: one.env, key: PW }\n  file: { template: "
      "file.tmpl, mode: '0440' }\n");
  const Stack stack = fixture.one();
  REQUIRE(stack.secrets.size() == 3);
  const Secret& made = stack.secrets[1];
  CHECK(made.name == "file");
  CHECK(made.is_template());
  CHECK(made.source == "stacks/one/file.tmpl");
  CHECK(made.services == std::vector<std::string>{"web"});
  REQUIRE(made.parts.size() == 3);
  CHECK(made.parts[1].source.path == "stacks/one/one.env");
  CHECK(made.parts[1].source.id == *fixture.tree.blob_id("stacks/one/one.env"));
  CHECK(made.parts[1].key == "PW");
  const auto manifest = secrets::parse_manifest(fixture.load().manifest_json());
  REQUIRE(manifest.files.size() == 3);
  CHECK(manifest.files[1].path == "one/file");
  CHECK(manifest.files[1].grammar == secrets::Grammar::text_template);
  CHECK(manifest.files[1].mode == 0440);
  CHECK(manifest.files[1].text_template.parts == made.parts);
}

TEST_CASE("faults of a template are told at its line and column") {
  Fixture fixture;
  fixture.tree.put("stacks/one/one.env", test::sops_dotenv({"PW"}));
  fixture.tree.put("stacks/one/a", "${secret:pw}\n  ${secret:wp} ${secret:env} ${secret:b} ${secret:gone}\n");
  fixture.tree.put("stacks/one/c", "${secret:pw|xml}");
  fixture.stack(
      "one", kCompose,
      "secrets:\n  env: { source: one.env }\n  pw: { source: one.env, key: PW, services: [ other ] }\n"
      "  file: { template: a }\n  b: { template: c }\n  d: { template: one.env }\n  e: { template: none "
      "}\n  gone: { source: none }\n");
  const std::string text = fixture.problems();
  CHECK_THAT(text, Contains("stacks/one/a:2:3: this stack has no secret 'wp'; did you mean 'pw'?") &&
                       Contains("stacks/one/a:2:16: 'env' is the whole env file of the stack") &&
                       Contains("stacks/one/a:2:30: 'b' is a template itself") &&
                       Contains("stacks/one/c:1:1: unknown filter 'xml'") &&
                       Contains("stack.yaml:6:3: the template 'stacks/one/one.env' of 'd' is encrypted") &&
                       Contains("stack.yaml:7:3: the template 'none' of 'e' is not there; looked for "
                                "stacks/one/none and secrets/none"));
  CHECK(text.find("stacks/one/a:2:42") == std::string::npos);  // told where it is declared
  fixture.tree.put("stacks/one/a", "x\n${secret:pw}");
  fixture.stack(
      "one", kCompose,
      "secrets:\n  env: { source: one.env }\n  pw: { source: one.env, key: PW, services: [ other ] }\n"
      "  file: { template: a }\n");
  CHECK_THAT(fixture.problems(),
             Contains("stacks/one/a:2:1: the service 'web' reads this template and so the "
                      "secret 'pw', which stack.yaml gives to other only"));
  fixture.stack("one", kCompose,
                "secrets:\n  env: { template: a }\n  file: { template: a, source: b, key: c }\n  g: {}\n");
  CHECK_THAT(fixture.problems(), Contains("'env' is the stack's env file and cannot be a template") &&
                                     Contains("'file' needs exactly one of 'source' and 'template'") &&
                                     Contains("'g' needs exactly one of"));
}

}  // namespace
}  // namespace hwcsync::layout
