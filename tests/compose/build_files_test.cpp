#include "tests/compose/fixture.hpp"

// `build` of a stack that may build images on its host.
namespace hwcsync::compose {
namespace {
using Catch::Matchers::Contains;
using test::Fixture;

struct Workshop : Fixture {
  Workshop() {
    context.builds = Context::Builds::allowed;
    tree.put("stacks/s/app/Dockerfile", "FROM scratch\n");
    tree.put("stacks/s/app/main.c", "int main;\n");
    tree.put("stacks/s/app/sub/other.Dockerfile", "FROM scratch\n");
  }
  static std::string with(const std::string& build) {
    return "services:\n  web:\n    build: " + build + '\n';
  }
  std::string image(const std::string& build) const { return load(with(build)).services.at("web").image; }
};

TEST_CASE("without the stack's permission a build is a limit of both styles, and says which key permits it") {
  Workshop workshop;
  workshop.context.builds = Context::Builds::refused;
  const Project project = workshop.load(Workshop::with("app"));
  REQUIRE(project.limits.size() == 2);
  for (const Limit& limit : project.limits)
    CHECK_THAT(limit.problem.message, Contains("only where stack.yaml says 'build: true'"));
  CHECK(project.contexts.empty());
}

TEST_CASE("an image that is built is named after its content, and the model says nothing of the build") {
  const Workshop workshop;
  const Project project = workshop.load(Workshop::with("app"));
  const Service& web = project.services.at("web");
  CHECK_THAT(web.image, Catch::Matchers::StartsWith("localhost/hwcsync/s-web:"));
  CHECK(web.image.size() == std::string("localhost/hwcsync/s-web:").size() + 12);
  CHECK(web.pull_policy == "never");
  CHECK(project.limits.empty());
  CHECK(web.build->dockerfile == "Dockerfile");
  CHECK(project.contexts.at("web").files.count("main.c") == 1);
  const std::string model = write_yaml(project.canonical);
  CHECK(model.find("build") == std::string::npos);
  CHECK_THAT(model, Contains("image: \"" + web.image + '"') && Contains("pull_policy: never"));
}

TEST_CASE("a changed file, argument or target is another image, and a comment beside it is none") {
  Workshop workshop;
  workshop.tree.put("stacks/s/compose.yaml", "a");
  workshop.context.own_files = {"stacks/s/compose.yaml"};
  const std::string before = workshop.image("app");
  CHECK(workshop.image("{ context: ./app }") == before);
  CHECK(workshop.image("{ context: app, args: { V: 1 } }") != before);
  CHECK(workshop.image("{ context: app, args: { V: 1 } }") ==
        workshop.image("{ context: app, args: [ V=1 ] }"));
  CHECK(workshop.image("{ context: app, target: x }") != before);
  const std::string whole = workshop.image("{ dockerfile: app/Dockerfile }");
  workshop.tree.put("stacks/s/compose.yaml", "# changed");
  CHECK(workshop.image("{ dockerfile: app/Dockerfile }") == whole);
  CHECK(workshop.image("app") == before);
  workshop.tree.put("stacks/s/app/main.c", "int main();\n");
  CHECK(workshop.image("app") != before);
}

TEST_CASE("an argument without a value has that of a variable, and a secret is none") {
  Workshop workshop;
  const auto args = [&](const std::string& list) {
    return workshop.load(Workshop::with("{ context: app, args: " + list + " }"))
        .services.at("web")
        .build->args;
  };
  CHECK(args("[ DATA, NOBODY, V=1 ]") ==
        std::map<std::string, std::optional<std::string>>{{"DATA", "/srv"}, {"V", "1"}});
  CHECK_THAT(workshop.problems(Workshop::with("{ context: app, args: [ PW ] }")),
             Contains("a secret reaches the build argument 'PW'"));
  CHECK_THAT(workshop.problems(Workshop::with("{ context: app, args: { A: '${KEY}' } }")),
             Contains("secret") && Contains("secrets/s.env"));
}

TEST_CASE("a Dockerfile may have another name, stand in the Compose file, and must be there") {
  Workshop workshop;
  CHECK(workshop.load(Workshop::with("{ context: app, dockerfile: ./sub/other.Dockerfile }"))
            .services.at("web")
            .build->dockerfile == "sub/other.Dockerfile");
  const Project project = workshop.load(Workshop::with("{ context: app, dockerfile_inline: \"FROM x\\n\" }"));
  CHECK(project.contexts.at("web").files.at(project.services.at("web").build->dockerfile).content ==
        "FROM x\n");
  CHECK_THAT(workshop.problems(Workshop::with("{ context: app, dockerfile: Nofile }")),
             Contains("there is no 'Nofile' in the build context 'app'"));
  CHECK(workshop.problems(Workshop::with("{ context: app, dockerfile: ../x }")) ==
        "3:40: there is no '../x' in the build context 'app' (looked for stacks/s/x)");
}

TEST_CASE("a Dockerfile may stand beside the context, anywhere in the repository") {
  Workshop workshop;
  workshop.tree.put("stacks/s/web.Dockerfile", "FROM a\n");
  workshop.tree.put("stacks/shared/Dockerfile", "FROM b\n");
  const auto load = [&](const std::string& path) {
    return workshop.load(Workshop::with("{ context: app, dockerfile: " + path + " }"));
  };
  const Project beside = load("../web.Dockerfile");
  const Build& build = *beside.services.at("web").build;
  CHECK(beside.contexts.at("web").files.at(build.dockerfile).content == "FROM a\n");
  CHECK(beside.contexts.at("web").files.count("main.c") == 1);
  CHECK(beside.files.count("stacks/s/web.Dockerfile") == 1);
  const Project shared = load("../../shared/Dockerfile");
  CHECK(shared.contexts.at("web").files.at(build.dockerfile).content == "FROM b\n");
  CHECK(shared.services.at("web").image != beside.services.at("web").image);
  for (const char* outside : {"../../../../Dockerfile", "/srv/Dockerfile"})
    CHECK_THAT(
        workshop.problems(Workshop::with("{ context: app, dockerfile: " + std::string(outside) + " }")),
        Contains("3:40: the Dockerfile '" + std::string(outside) + "' is outside of the repository"));
  workshop.context.ciphertexts = {"stacks/s/web.Dockerfile"};
  CHECK_THAT(workshop.problems(Workshop::with("{ context: app, dockerfile: ../web.Dockerfile }")),
             Contains("is encrypted"));
}

TEST_CASE("a context is a tracked directory of the stack") {
  Workshop workshop;
  workshop.tree.put("shared/Dockerfile", "FROM scratch\n");
  CHECK_THAT(workshop.problems(Workshop::with("https://example.net/x.git")),
             Contains("somewhere on the network"));
  CHECK_THAT(workshop.problems(Workshop::with("git@example.net:x.git")),
             Contains("somewhere on the network"));
  CHECK_THAT(workshop.problems(Workshop::with("../../shared")),
             Contains("is not below the stack's directory"));
  CHECK_THAT(workshop.problems(Workshop::with("..")), Contains("is not below the stack's directory"));
  CHECK_THAT(workshop.problems(Workshop::with("/srv/app")), Contains("is not below the stack's directory"));
  CHECK_THAT(workshop.problems(Workshop::with("nothing")), Contains("is no tracked directory of this stack"));
  CHECK_THAT(workshop.problems(Workshop::with("{ context: app, platforms: [ linux/amd64, linux/arm64 ] }")),
             Contains("'platforms' names several"));
}

TEST_CASE("a service that names an image which another builds gets that image") {
  const Project project = Workshop().load(
      "services:\n  web: { build: app, image: mine:1 }\n  worker: { image: mine:1 }\n  other: { image: i "
      "}\n");
  CHECK(project.services.at("worker").image == project.services.at("web").image);
  CHECK(project.services.at("worker").build == project.services.at("web").build);
  CHECK(project.services.at("worker").pull_policy == "never");
  CHECK(project.services.at("other").image == "i");
  REQUIRE(project.notes.size() == 1);
  CHECK_THAT(project.notes[0].message, Contains("not 'mine:1'"));
}

TEST_CASE("what podman's builds cannot do is refused by its key") {
  const Workshop workshop;
  for (const char* line : {"ssh: [ default ]", "privileged: true", "additional_contexts: { x: ./app }",
                           "entitlements: [ network.host ]"}) {
    INFO(line);
    CHECK(workshop.load(Workshop::with(std::string("{ context: app, ") + line + " }")).limits.size() == 2);
  }
}

}  // namespace
}  // namespace hwcsync::compose
