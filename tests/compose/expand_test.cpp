#include "gitops/compose/expand.hpp"

#include "tests/support/catch.hpp"

namespace hwcsync::compose {
namespace {

// A project of several files in the directory "p" of a tree.
struct Files {
  MemoryTree tree;
  Context context;

  Files() {
    context.directory = "p";
    context.variables.values["A"] = "one";
    context.variables.secrets = {"PW"};
  }

  Expanded expand(std::vector<std::string> paths = {}) const {
    if (paths.empty()) paths = find_compose_files(tree, "p");
    std::vector<ComposeFile> files;
    for (const std::string& path : paths) files.push_back(read_compose_file(tree, path));
    return compose::expand(tree, std::move(files), context);
  }
  std::string text() const { return write_yaml(expand().document); }
  std::string problems() const {
    try {
      (void)expand();
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "";
  }
};

Files project(std::map<std::string, std::string> files) {
  Files out;
  out.tree = MemoryTree(std::move(files));
  return out;
}

std::string one(const std::string& text) {
  return project({{"p/compose.yaml", text}}).text();
}

TEST_CASE("the first of the names is the file, and one override file is merged over it") {
  MemoryTree tree;
  CHECK(find_compose_files(tree, "p").empty());
  tree.put("p/compose.override.yaml", "x");
  CHECK(find_compose_files(tree, "p").empty());
  tree.put("p/docker-compose.yaml", "x");
  CHECK(find_compose_file(tree, "p") == "p/docker-compose.yaml");
  tree.put("p/docker-compose.yml", "x");
  CHECK(find_compose_file(tree, "p") == "p/docker-compose.yml");
  tree.put("p/compose.yml", "x");
  CHECK(find_compose_file(tree, "p") == "p/compose.yml");
  tree.put("p/compose.yaml", "x");
  CHECK(find_compose_files(tree, "p") ==
        std::vector<std::string>{"p/compose.yaml", "p/compose.override.yaml"});
}

TEST_CASE("values are filled in, dollar signs doubled, secrets and extensions left") {
  CHECK(
      one("services: { w: { image: 'i:$A', user: '${PW}x', hostname: 'a$$b', x-y: '${A' } }\nx-z: '$A'\n") ==
      "services:\n  w:\n    image: \"i:one\"\n    user: \"${PW}x\"\n    hostname: \"a$$b\"\n"
      "    x-y: \"${A\"\nx-z: \"$A\"\n");
}

TEST_CASE("documents of one file are merged in order") {
  CHECK(one("services: { w: { image: a, user: u } }\n---\n---\nservices: { w: { image: b } }\n") ==
        "services:\n  w:\n    image: b\n    user: u\n");
}

TEST_CASE("an override file changes only what it says") {
  const Files files = project(
      {{"p/compose.yaml", "services: { w: { image: a, ports: [ '80:80' ], command: x } }\n"},
       {"p/compose.override.yaml", "services: { w: { ports: [ '81:81', '80:80' ], command: y, user: } }\n"}});
  CHECK(files.text() ==
        "services:\n  w:\n    image: a\n    ports:\n      - \"80:80\"\n      - \"81:81\"\n"
        "    command: y\n    user: null\n");
}

TEST_CASE("short and long forms of one thing are one thing") {
  const auto merged = [](const std::string& base, const std::string& over) {
    return project({{"p/compose.yaml", "services: { w: { " + base + " } }\n"},
                    {"p/compose.override.yaml", "services: { w: { " + over + " } }\n"}})
        .text();
  };
  CHECK(merged("ports: [ '8080:80' ]", "ports: [ { target: 80, published: '8080', mode: host } ]") ==
        "services:\n  w:\n    ports:\n      -\n        target: 80\n        published: \"8080\"\n"
        "        mode: host\n");
  CHECK(merged("ports: [ '8000-8001:80-81' ]", "ports: [ '8001:81' ]") ==
        "services:\n  w:\n    ports:\n      - \"8000:80/tcp\"\n      - \"8001:81\"\n");
  CHECK(merged("ports: [ '8000-8001:80-81' ]", "ports: [ '9:9' ]") ==
        "services:\n  w:\n    ports:\n      - \"8000-8001:80-81\"\n      - \"9:9\"\n");
  CHECK(merged("volumes: [ 'a:/x:U', 'b:/y' ]", "volumes: [ { type: volume, source: c, target: /x } ]") ==
        "services:\n  w:\n    volumes:\n      -\n        type: volume\n        source: c\n"
        "        target: /x\n      - \"b:/y\"\n");
  CHECK(merged("depends_on: [ a, b ]", "depends_on: { a: { condition: service_healthy } }") ==
        "services:\n  w:\n    depends_on:\n      a:\n        condition: service_healthy\n"
        "        required: true\n      b:\n        condition: service_started\n        required: true\n");
  CHECK(merged("environment: { B: 2, A: '$A', C: }", "environment: [ A=3, D ]") ==
        "services:\n  w:\n    environment:\n      - A=3\n      - \"B=2\"\n      - C\n      - D\n");
  CHECK(merged("env_file: a.env", "env_file: [ { path: a.env, required: false } ]") ==
        "services:\n  w:\n    env_file:\n      -\n        path: a.env\n        required: false\n");
}

TEST_CASE("a secret's colon or equals sign separates nothing") {
  CHECK(one("services: { w: { volumes: [ '${PW:-a:b}:/x', 'c:/x' ], environment: [ 'A=${PW:-b=c}' ] } }") ==
        "services:\n  w:\n    volumes:\n      - \"c:/x\"\n    environment:\n      - \"A=${PW:-b=c}\"\n");
}

TEST_CASE("forms that cannot be merged are told with both places") {
  CHECK(project({{"p/compose.yaml", "services:\n  w:\n    cap_add: [ A ]\n"},
                 {"p/compose.override.yaml", "services:\n  w: { cap_add: { A: 1 } }\n"}})
            .problems() ==
        "p/compose.override.yaml:2:17: a mapping cannot be merged with a list at p/compose.yaml:3:14; write "
        "it in the same form, or mark it with !override");
}

TEST_CASE("reset removes and override replaces, also through anchors and merge keys") {
  const auto over = [](const std::string& text) {
    return project({{"p/compose.yaml",
                     "services:\n  w: { image: i, ports: [ '1:1' ], environment: { A: 1, B: 2 }, labels: [ "
                     "a=1, b=2 ] "
                     "}\n"},
                    {"p/compose.override.yaml", text}})
        .text();
  };
  const std::string head = "services:\n  w:\n    image: i\n";
  const std::string ports = "    ports:\n      - \"1:1\"\n";
  const std::string environment = "    environment:\n      A: 1\n      B: 2\n";
  const std::string labels = "    labels:\n      - a=1\n      - b=2\n";
  CHECK(over("services: { w: { ports: !reset [] } }") == head + environment + labels);
  CHECK(over("services: { w: { ports: !override [ '2:2' ] } }") ==
        head + environment + labels + "    ports:\n      - \"2:2\"\n");
  CHECK(over("services: { w: { environment: { A: !reset null } } }") ==
        head + ports + "    environment:\n      - \"B=2\"\n" + labels);
  CHECK(over("services: { w: { labels: { a: !reset } } }") ==
        head + ports + environment + "    labels:\n      - b=2\n");
  CHECK(over("x-r: &r { ports: !reset [] }\nx-q: &q { <<: *r }\nservices: { w: { <<: *q } }")
            .rfind(head + environment + labels, 0) == 0);
  CHECK(over("x-o: &o !override [ '3:3' ]\nservices: { w: { ports: *o } }")
            .rfind(head + environment + labels + "    ports:\n      - \"3:3\"\n", 0) == 0);
  CHECK(over("services: { w: !reset {} }") == "services: {}\n");
  CHECK(one("services: { w: { image: !override i, user: !reset u } }") == "services:\n  w:\n    image: i\n");
}

TEST_CASE("a service extends another of its file or of another file, over several steps") {
  const Files files =
      project({{"p/compose.yaml",
                "services:\n"
                "  a: { extends: { file: ../base/b.yaml, service: x }, environment: [ K=a ] }\n"
                "  b: { extends: a, command: [ mine ] }\n"},
               {"base/b.yaml",
                "services:\n"
                "  x: { extends: y, volumes: [ './data:/d', '/abs:/a', 'named:/n' ], env_file: x.env }\n"
                "  y: { image: 'i:$A', command: theirs, environment: { K: y, L: '${PW}' } }\n"}});
  CHECK(files.text() ==
        "services:\n  a:\n    image: \"i:one\"\n    command: theirs\n    environment:\n      - K=a\n"
        "      - \"L=${PW}\"\n    volumes:\n      - \"../base/data:/d\"\n      - \"/abs:/a\"\n"
        "      - \"named:/n\"\n    env_file: ../base/x.env\n"
        "  b:\n    image: \"i:one\"\n    command:\n      - mine\n    environment:\n      - K=a\n"
        "      - \"L=${PW}\"\n    volumes:\n      - \"../base/data:/d\"\n      - \"/abs:/a\"\n"
        "      - \"named:/n\"\n    env_file: ../base/x.env\n");
}

TEST_CASE("what extends says wrong is told where it stands") {
  const auto problems = [](const std::string& services) {
    return project({{"p/compose.yaml", "services:\n" + services},
                    {"p/other.yaml", "services: { a: { extends: { file: compose.yaml, service: a } } }"},
                    {"p/none.yaml", "volumes: {}"}})
        .problems();
  };
  CHECK(problems("  a: { extends: baes }\n  base: {}\n") ==
        "p/compose.yaml:2:17: there is no service 'baes' in p/compose.yaml; did you mean 'base'?");
  CHECK(problems("  a: { extends: b }\n  b: { extends: a }\n") ==
        "p/compose.yaml:3:17: services extend each other: a (p/compose.yaml) -> b (p/compose.yaml) -> a "
        "(p/compose.yaml)");
  CHECK(problems("  a: { extends: { file: other.yaml, service: a } }\n") ==
        "p/other.yaml:1:27: services extend each other: a (p/compose.yaml) -> a (p/other.yaml) -> a "
        "(p/compose.yaml)");
  CHECK(problems("  a: { extends: { file: gone.yaml, service: a } }\n") ==
        "p/compose.yaml:2:25: there is no file 'gone.yaml' in the repository (looked for p/gone.yaml)");
  CHECK(problems("  a: { extends: { file: ../../x, service: a } }\n") ==
        "p/compose.yaml:2:25: '../../x' is outside of the repository");
  CHECK(problems("  a: { extends: { file: none.yaml, service: a } }\n") ==
        "p/compose.yaml:2:25: there is no service in p/none.yaml");
  CHECK(problems("  a: { extends: { file: other.yaml } }\n") ==
        "p/compose.yaml:2:17: key 'service' is missing here");
  CHECK(problems("  a: { extends: { service: '${PW}' } }\n") ==
        "p/compose.yaml:2:28: '${PW}' uses a secret; only environment and files may");
  CHECK(problems("  a: { extends: { service: b, flie: x } }\n  b: {}\n") ==
        "p/compose.yaml:2:31: unknown key 'flie' of extends");
}

TEST_CASE("reset in a service that extends takes away from its base") {
  CHECK(one("services:\n  a: { image: i, ports: [ '1:1' ], user: !reset x }\n"
            "  b: { extends: a, ports: !reset [], labels: !override [ c ] }\n") ==
        "services:\n  a:\n    image: i\n    ports:\n      - \"1:1\"\n  b:\n    image: i\n    labels:\n"
        "      - c\n");
}

TEST_CASE("an include is a project of its own: directory, .env and paths") {
  const Files files =
      project({{"p/compose.yaml", "include: [ ../lib/compose.yaml ]\nservices: { w: { image: i } }\n"},
               {"lib/compose.yaml",
                "name: ignored\nservices:\n  db: { image: 'd:${TAG}', hostname: '$A', environment: [ TAG, "
                "NOBODY ], volumes: [ ./conf:/c ] }\nvolumes: { v: }\n"
                "configs: { c: { environment: TAG }, f: { file: ./f } }\n"},
               {"lib/.env", "TAG=7\nA=theirs\n"}});
  CHECK(files.text() ==
        "services:\n  w:\n    image: i\n  db:\n    image: \"d:7\"\n    hostname: one\n    environment:\n"
        "      - TAG=7\n      - NOBODY\n    volumes:\n      - ../lib/conf:/c\nvolumes:\n  v: null\n"
        "configs:\n  c:\n    content: \"7\"\n  f:\n    file: ../lib/f\n");
  CHECK(files.expand().project_name == "p");
  CHECK(files.expand().variables.values.count("TAG") == 0);
}

TEST_CASE("the long form of include: files over each other, another directory, env files") {
  const Files files =
      project({{"p/compose.yaml",
                "include:\n  - path: [ sub/a.yaml, sub/b.yaml ]\n    project_directory: other\n"
                "    env_file: [ one.env, two.env ]\n"},
               {"p/sub/a.yaml", "services: { s: { image: 'a:$X', volumes: [ './d:/d' ] } }\n"},
               {"p/sub/b.yaml", "services: { s: { hostname: '$Y' } }\n"},
               {"p/one.env", "X=1\nY=1\n"},
               {"p/two.env", "Y=${X}2\n"}});
  CHECK(
      files.text() ==
      "services:\n  s:\n    image: \"a:1\"\n    volumes:\n      - \"./other/d:/d\"\n    hostname: \"12\"\n");
}

TEST_CASE("a service may extend an included one, and an override file may change it") {
  const Files files =
      project({{"p/compose.yaml", "include: [ lib.yaml ]\nservices: { w: { extends: base, user: u } }\n"},
               {"p/lib.yaml", "services: { base: { image: i } }\n"},
               {"p/compose.override.yaml", "services: { base: { image: j } }\n"}});
  CHECK(files.text() == "services:\n  w:\n    image: i\n    user: u\n  base:\n    image: j\n");
}

TEST_CASE("an include that brings what is there already is a conflict unless it is the same") {
  const auto files = [](const std::string& own) {
    return project({{"p/compose.yaml", "include: [ a.yaml, b.yaml ]\nservices:\n  w: " + own + "\n"},
                    {"p/a.yaml", "include: [ c.yaml ]\nservices: { w: { image: a, user: u } }\n"},
                    {"p/b.yaml", "include: [ c.yaml ]\n"},
                    {"p/c.yaml", "services: { twice: { image: c } }\n"}});
  };
  CHECK(
      files("{ image: b }").problems() ==
      "p/compose.yaml:3:3: 'services.w' is also defined in p/a.yaml:2:13, which is included; rename one, or "
      "change it in an override file");
  CHECK(files("{ image: a, user: u }").problems().empty());
  CHECK(files("{ image: !override b }").text() ==
        "services:\n  w:\n    user: u\n    image: b\n  twice:\n    image: c\n");
}

TEST_CASE("files that include each other are told with the whole circle") {
  CHECK(project({{"p/compose.yaml", "include: [ a.yaml ]\n"}, {"p/a.yaml", "include:\n  - compose.yaml\n"}})
            .problems() ==
        "p/a.yaml:2:5: files include each other: p/compose.yaml -> p/a.yaml -> p/compose.yaml");
}

TEST_CASE("what include says wrong is told where it stands") {
  const auto problems = [](const std::string& include) {
    return project({{"p/compose.yaml", "include: " + include + "\n"}}).problems();
  };
  CHECK(problems("x.yaml") == "p/compose.yaml:1:10: expected a list, found text");
  CHECK(problems("[ x.yaml ]") ==
        "p/compose.yaml:1:12: there is no file 'x.yaml' in the repository (looked for p/x.yaml)");
  CHECK(
      problems("[ 'oci://r/x' ]") ==
      "p/compose.yaml:1:12: 'oci://r/x' is fetched from elsewhere, which no commit pins; copy the file into "
      "the repository");
  CHECK(problems("[ { env_file: x } ]") == "p/compose.yaml:1:12: key 'path' is missing here");
  CHECK_THAT(problems("[ { path: x, dir: y } ]"),
             Catch::Matchers::Contains("p/compose.yaml:1:23: unknown key 'dir' of an include"));
}

TEST_CASE("files that multiply by including each other are stopped") {
  std::map<std::string, std::string> files;
  for (int i = 0; i < 20; ++i) {
    const std::string next = "f" + std::to_string(i + 1) + ".yaml";
    files["p/f" + std::to_string(i) + ".yaml"] = "include: [ " + next + ", " + next + " ]\n";
  }
  files["p/f20.yaml"] = "services: { s: { image: i } }\n";
  files["p/compose.yaml"] = "include: [ f0.yaml ]\n";
  CHECK_THAT(project(files).problems(), Catch::Matchers::Contains("more than 200 files"));
}

TEST_CASE("services that multiply by extending each other are stopped") {
  std::string text = "services:\n  s0: { environment: { A: 1";
  for (int i = 0; i < 6000; ++i) text += ", K" + std::to_string(i) + ": v";
  text += " } }\n";
  for (int i = 1; i < 99; ++i) {
    text += "  s" + std::to_string(i) + ": { extends: s" + std::to_string(i - 1) + " }\n";
  }
  CHECK_THAT(project({{"p/compose.yaml", text}}).problems(),
             Catch::Matchers::Contains("more than 500000 values"));
}

TEST_CASE(".env gives what nobody declares, and env files in its stead when they are named") {
  Files files = project({{"p/compose.yaml", "services: { w: { image: '$A-$B-$C' } }\n"},
                         {"p/.env", "A=env\nB=${A}b\nPW=plain\n"},
                         {"x.env", "C=x\n"}});
  CHECK(files.text() == "services:\n  w:\n    image: one-oneb-\n");
  CHECK(files.expand().unset.at("C").to_string() == "p/compose.yaml:1:25");
  CHECK(files.expand().variables.values.count("PW") == 0);
  files.context.env_files = {"x.env"};
  CHECK(files.text() == "services:\n  w:\n    image: one--x\n");
}

TEST_CASE("a value with a dollar sign is that value and nothing to fill in") {
  Files files = project({{"p/compose.yaml", "services: { w: { user: '$D', hostname: '${PW:-$D}' } }\n"},
                         {"p/.env", "D='a$A'\n"}});
  CHECK(files.text() == "services:\n  w:\n    user: \"a$$A\"\n    hostname: \"${PW:-a$$A}\"\n");
}

TEST_CASE("a list of files in COMPOSE_FILE is followed or told, never dropped") {
  Files files = project({{"p/compose.yaml", "services: {}\n"},
                         {"p/compose.override.yaml", "services: {}\n"},
                         {"p/.env", "COMPOSE_FILE=compose.yaml:./compose.override.yaml\n"}});
  CHECK(files.problems().empty());
  files.tree.put("p/.env", "COMPOSE_FILE=compose.yaml:prod.yaml\n");
  CHECK_THAT(files.problems(), Catch::Matchers::Contains("COMPOSE_FILE asks for 'compose.yaml:prod.yaml'"));
  files.context.setting = Context::Setting::plain;
  CHECK(files.problems().empty());
}

TEST_CASE("the project's name and its profiles") {
  Files files =
      project({{"p/compose.yaml", "name: 'file-$A'\nservices: { w: { hostname: $COMPOSE_PROJECT_NAME } }\n"},
               {"p/compose.override.yaml", "services: {}\n"}});
  CHECK(files.expand().project_name == "file-one");
  files.tree.put("p/compose.override.yaml", "name: over\n");
  CHECK(files.expand().project_name == "over");
  files.tree.put("p/.env", "COMPOSE_PROJECT_NAME=env\nCOMPOSE_PROFILES=a,b\n");
  CHECK(files.expand().project_name == "env");
  CHECK(files.expand().profiles == std::vector<std::string>{"a", "b"});
  files.context.project_name = "given";
  files.context.profiles = {"c"};
  CHECK(files.expand().project_name == "given");
  CHECK(files.expand().profiles == std::vector<std::string>{"c"});
  CHECK(files.text().find("hostname: given") != std::string::npos);
  Files directory = project({{"My.Photos/compose.yaml", "services: {}\n"}});
  directory.context.directory = "My.Photos";
  CHECK(directory.expand({"My.Photos/compose.yaml"}).project_name == "myphotos");
}

TEST_CASE("a model and a provider are refused with a word") {
  CHECK(
      project({{"p/compose.yaml",
                "models: { m: { model: x } }\nservices: { w: { models: [ m ], provider: { type: t } } }\n"}})
          .problems() ==
      "p/compose.yaml:1:1: 'models' is refused: a model needs Docker's own runner; run the model server as a "
      "service\n"
      "p/compose.yaml:2:18: 'models' is refused: a model needs Docker's own runner; run the model server as "
      "a service\n"
      "p/compose.yaml:2:33: 'provider' is refused: it runs a program of the machine instead of a container; "
      "make it a unit of the host");
}

TEST_CASE("every value keeps the place that it was written at") {
  const Files files = project({{"p/compose.yaml", "services:\n  w:\n    image: i\n    user: u\n"},
                               {"p/compose.override.yaml", "services:\n  w:\n    user: v\n"}});
  const Yaml document = files.expand().document;
  const Yaml& service = *document.find("services")->find("w");
  CHECK(service.find("image")->where().to_string() == "p/compose.yaml:3:12");
  CHECK(service.find("user")->where().to_string() == "p/compose.override.yaml:3:11");
}

}  // namespace
}  // namespace hwcsync::compose
