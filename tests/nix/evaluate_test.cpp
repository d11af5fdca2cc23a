// Needs nix-instantiate: what we print, Nix reads back.
#include "gitops/nix/escape.hpp"
#include "gitops/nix/printer.hpp"
#include "gitops/nix/render.hpp"
#include "gitops/nix/verify.hpp"
#include "src/base/error.hpp"
#include "src/base/fd.hpp"
#include "src/base/process.hpp"
#include "src/base/text.hpp"
#include "src/base/tree.hpp"
#include "tests/nix/fixture.hpp"
#include "tests/nix/need_nix.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_directory.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

using namespace hwcsync;

namespace {

const test::NeedNix kNeedNix;

std::string message(const nix::Rendered& rendered) {
  SystemProcessRunner runner;
  try {
    nix::verify(rendered, runner);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

void replace(std::string& text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("ten thousand hostile strings come back from Nix as they were") {
  static const std::vector<std::string> kPieces{"$",
                                                "{",
                                                "}",
                                                "${",
                                                "''",
                                                "'",
                                                "\"",
                                                "\\",
                                                "\n",
                                                "\r",
                                                "\t",
                                                "#",
                                                "/*",
                                                "*/",
                                                "$$",
                                                " ",
                                                "%",
                                                "\xc3\xa9",
                                                "\xf0\x9f\x93\xb7",
                                                "\x01",
                                                "\x7f",
                                                "x",
                                                "builtins.abort \"\"",
                                                "\\n"};
  std::mt19937 random(20240229);
  nix::Value::List list;
  Json should = Json::array();
  for (int i = 0; i < 10'000; ++i) {
    std::string text;
    for (auto count = random() % 12; count > 0; --count) text += kPieces[random() % kPieces.size()];
    should.push_back(text);
    nix::SetBuilder set;
    set.user(text, text);  // as a name and as a value
    list.items.push_back(set.take());
  }
  const test::TemporaryDirectory directory;
  const std::string path = directory.path() + "/strings.nix";
  std::ofstream(path, std::ios::binary) << nix::print(nix::Value(list));
  SystemProcessRunner runner;
  const auto result =
      runner.run({.argv = {"nix-instantiate", "--store", "dummy://", "--eval", "--strict", "--json", path},
                  .environment = minimal_environment()});
  INFO(result.errors);
  REQUIRE(result.status.ok());
  const Json is = Json::parse(result.output);
  REQUIRE(is.size() == should.size());
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < is.size(); ++i) {
    if (is[i].begin().key() != should[i] || is[i].begin().value() != should[i]) ++wrong;
  }
  CHECK(wrong == 0);
}

TEST_CASE("what was rendered is what Nix evaluates") {
  CHECK(message(nix::render(test::example_state())) == "");
}

TEST_CASE("hostile values of a Compose file come through whole") {
  auto state = test::example_state();
  auto& app = state.stacks["sonarr"].project.services["sonarr"];
  compose::Template text;
  text.parts.emplace_back(compose::TextPart{"'' ''${x} \\${y} \"; reboot # \n\r\t*/"});
  app.environment["a${b}\"c"] = text;
  app.labels["traefik.rule"] = "Host(`x`) && Path(\"/${y}\")";
  app.command = std::vector<std::string>{"${builtins.abort \"x\"}", "", "''"};
  state.stacks["immich"].config.description = "a \"quoted\" ${thing}\nof two lines";
  CHECK(message(nix::render(state)) == "");
}

TEST_CASE("a value that differs is an error that names file and attribute") {
  auto rendered = nix::render(test::example_state());
  SECTION("in a container") {
    replace(rendered.files["stacks/sonarr/index.nix"], "sonarr:4.0.9", "sonarr:latest");
    CHECK_THAT(message(rendered), Catch::Matchers::Contains("stacks/sonarr/index.nix"));
    CHECK_THAT(message(rendered),
               Catch::Matchers::Contains("virtualisation.oci-containers.containers.sonarr.image"));
  }
  SECTION("in an argument of mkService") {
    replace(rendered.files["stacks/immich/default.nix"], "uid = 1000;", "uid = 1001;");
    CHECK_THAT(message(rendered), Catch::Matchers::Contains("stacks/immich/default.nix"));
  }
  SECTION("in the library") {
    replace(rendered.files["lib/mk-service.nix"], "stopIfChanged = true",
            "stopIfChanged = false");
    CHECK_THAT(message(rendered), Catch::Matchers::Contains("stopIfChanged"));
  }
  SECTION("an attribute too many") {
    replace(rendered.files["host.nix"], "virtualisation.podman.enable = true;",
            "virtualisation.podman.enable = true;\n  security.sudo.enable = false;");
    CHECK_THAT(message(rendered), Catch::Matchers::Contains("security"));
  }
  SECTION("a module that nothing imports") {
    replace(rendered.files["default.nix"], "./stacks/caddy/default.nix", "");
    CHECK_THAT(message(rendered), Catch::Matchers::Contains("nothing imports it"));
  }
  SECTION("a syntax error, with its place") {
    replace(rendered.files["host.nix"], "enable = true;", "enable = ;");
    CHECK_THAT(message(rendered), Catch::Matchers::Contains("host.nix"));
    CHECK_THAT(message(rendered), Catch::Matchers::Contains("syntax error"));
  }
}

TEST_CASE("the accepted cases and the example repository evaluate to what they mean") {
  const std::string root = std::getenv("HWCSYNC_SOURCE_DIR");
  for (const std::string folder : {"tests/golden/nix/compose/in", "tests/golden/nix/oci/in",
                                   "tests/golden/nix/oci-user/in", "examples/homelab"}) {
    INFO(folder);
    MemoryTree tree;
    const std::string base = root + "/" + folder;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(base)) {
      if (entry.is_regular_file())
        tree.put(entry.path().string().substr(base.size() + 1), read_file(entry.path().string()));
    }
    // The example's secrets are made by the demo; here are ciphertexts in looks only.
    const std::string plain = root + "/examples/secrets.example";
    if (folder == "examples/homelab") {
      for (const auto& entry : std::filesystem::directory_iterator(plain)) {
        std::string text;
        for (const auto& line : split(read_file(entry.path().string()), '\n')) {
          const auto equals = line.find('=');
          if (equals == std::string::npos || line.front() == '#') continue;
          text += line.substr(0, equals) + "=ENC[AES256_GCM,data:AAAA,iv:AAAA,tag:AAAA,type:str]\n";
        }
        text += "sops_mac=ENC[AES256_GCM,data:AAAA,iv:AAAA,tag:AAAA,type:str]\nsops_version=3.9.0\n";
        tree.put("stacks/" + entry.path().stem().string() + "/" + entry.path().filename().string(), text);
      }
    }
    layout::LoadCounters counters;
    CHECK(message(nix::render(layout::load_desired_state(tree, "server", counters))) == "");
  }
}

TEST_CASE("the placeholder parses") {
  SystemProcessRunner runner;
  nix::verify_syntax({{"default.nix", nix::placeholder("my \"host\"")}}, runner);
}

TEST_CASE("every Nix file that the project ships or expects parses") {
  SystemProcessRunner runner;
  const std::string root = std::getenv("HWCSYNC_SOURCE_DIR");
  std::map<std::string, std::string> files;
  for (const std::string folder : {"nix", "tests/golden/nix"}) {
    if (!std::filesystem::exists(root + "/" + folder)) continue;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root + "/" + folder)) {
      const std::string path = entry.path().string();
      if (entry.path().extension() == ".nix") files[path.substr(root.size() + 1)] = read_file(path);
    }
  }
  if (std::filesystem::exists(root + "/flake.nix")) files["flake.nix"] = read_file(root + "/flake.nix");
  REQUIRE(files.size() > 1);
  nix::verify_syntax(files, runner);
}
