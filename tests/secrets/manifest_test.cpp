#include "secrets/manifest/manifest.hpp"

#include "src/base/error.hpp"
#include "src/base/json.hpp"
#include "tests/support/catch.hpp"

#include <functional>
#include <string>

namespace hwcsync::secrets {
namespace {

const std::string kId(40, 'a');

SecretFile env_file() {
  return {.path = "immich-stack.env",
          .stack = "immich",
          .name = "env",
          .consumers = {"immich-stack.service"},
          .uid = 1000,
          .gid = 100,
          .mode = 0440,
          .grammar = Grammar::compose_env,
          .source = {"stacks/immich/immich.env", kId, SourceFormat::sops_dotenv},
          .key = {},
          .environment = {}};
}

SecretFile oci_file() {
  SecretFile out = env_file();
  out.path = "podman-n8n.env";
  out.uid = 0;
  out.gid = 0;
  out.grammar = Grammar::podman_env;
  out.environment = {
      {"N8N_KEY", {{EnvironmentPart::Kind::text, "x"}, {EnvironmentPart::Kind::variable, "KEY"}}}};
  return out;
}

Manifest both() {
  return {1, "server", {env_file(), oci_file()}};
}

// The manifest as JSON, changed, and what its reader says.
std::string refusal(const std::function<void(Json&)>& change) {
  Json json = Json::parse(serialise(both()));
  change(json);
  try {
    static_cast<void>(parse_manifest(json.dump()));
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

TEST_CASE("a manifest is read back as it was written, and its bytes are canonical") {
  const std::string text = serialise(both());
  const Manifest read = parse_manifest(text);
  REQUIRE(read.files.size() == 2);
  CHECK(read.files[0] == oci_file());
  CHECK(read.files[1] == env_file());
  CHECK(serialise(read) == text);
  CHECK(text.find(": ") == std::string::npos);
  Manifest other_order = both();
  std::swap(other_order.files[0], other_order.files[1]);
  CHECK(generation_id(other_order) == generation_id(both()));
}

TEST_CASE("the bytes of version 1 are what they are") {
  const Manifest one{1, "server", {env_file()}};
  CHECK(
      serialise(one) ==
      R"({"files":[{"consumers":["immich-stack.service"],"gid":100,"grammar":"compose-env","key":"","mode":"0440",)"
      R"("name":"env","path":"immich-stack.env","source":{"format":"sops-dotenv","id":")" +
          kId +
          R"(","path":"stacks/immich/immich.env"},"stack":"immich","uid":1000}],"host":"server","version":1})");
  CHECK(generation_id(one).size() == 64);
}

SecretFile template_file() {
  SecretFile out = env_file();
  out.path = "immich/app.toml";
  out.name = "app.toml";
  out.grammar = Grammar::text_template;
  const Source other{"secrets/db.yaml", std::string(40, 'c'), SourceFormat::sops_yaml};
  out.text_template = {"stacks/immich/app.toml.tmpl",
                       {{"password = ", {}, {}, {}, {}, 0, 0},
                        {{}, "pw", {TemplateFilter::trim, TemplateFilter::json}, other, "a/b", 1, 12}}};
  out.source = {};
  return out;
}

TEST_CASE("a template is read back with the places and sources of its placeholders") {
  const Manifest manifest{1, "server", {template_file(), env_file()}};
  const std::string text = serialise(manifest);
  CHECK(
      text.find(
          R"("template":{"parts":[{"text":"password = "},{"column":12,"filters":["trim","json"],"key":"a/b",)"
          R"("line":1,"secret":"pw","source":{"format":"sops-yaml","id":"cccc)") != std::string::npos);
  CHECK(parse_manifest(text).files[1] == template_file());
  CHECK(source_ids(manifest) == std::vector<std::string>{kId, std::string(40, 'c')});
  Json broken = Json::parse(text);
  Json& part = broken["files"][1]["template"]["parts"][1];
  part["filters"][0] = "url";
  CHECK_THROWS_WITH(parse_manifest(broken.dump()), Catch::Matchers::Contains("/template/parts/1/filters/0"));
  part["filters"] = Json::array();
  part["source"]["id"] = "x";
  CHECK_THROWS_WITH(parse_manifest(broken.dump()), Catch::Matchers::Contains("source id"));
  Manifest empty = manifest;
  empty.files[0].text_template = {};
  CHECK_THROWS_WITH(serialise(empty), Catch::Matchers::Contains("'template'"));
}

TEST_CASE("the generation's id moves with the ciphertext") {
  Manifest changed = both();
  changed.files[0].source.id[0] = 'b';
  CHECK(generation_id(changed) != generation_id(both()));
  CHECK(source_ids(both()) == std::vector<std::string>{kId});
}

TEST_CASE("an unknown key is an error in this version and passed over in a later one") {
  CHECK_THAT(refusal([](Json& j) { j["hots"] = 1; }),
             Catch::Matchers::Contains("unknown key 'hots'; did you mean"));
  CHECK_THAT(refusal([](Json& j) { j["files"][1]["x"] = 1; }), Catch::Matchers::Contains("/files/1"));
  CHECK_THAT(refusal([](Json& j) { j["files"][0]["source"]["x"] = 1; }),
             Catch::Matchers::Contains("unknown key 'x'"));
  CHECK(refusal([](Json& j) {
          j["version"] = 3;
          j["files"][0]["x"] = 1;
        }) == "accepted");
}

TEST_CASE("what is missing, of a wrong type or unsafe is an error that names the place") {
  CHECK_THAT(refusal([](Json& j) { j["files"][0].erase("uid"); }),
             Catch::Matchers::Contains("'uid' is missing"));
  CHECK_THAT(refusal([](Json& j) { j["files"][0]["uid"] = -1; }), Catch::Matchers::Contains("/files/0/uid"));
  CHECK_THAT(refusal([](Json& j) { j["files"][0]["uid"] = "0"; }), Catch::Matchers::Contains("/files/0/uid"));
  for (const char* id : {"uid", "gid"}) {
    CHECK_THAT(refusal([&](Json& j) { j["files"][0][id] = 4294967295U; }),
               Catch::Matchers::Contains("4294967295 is no user or group"));
  }
  CHECK_THAT(refusal([](Json& j) { j["files"][0]["grammar"] = "ini"; }),
             Catch::Matchers::Contains("/grammar"));
  CHECK_THAT(refusal([](Json& j) { j["version"] = 0; }), Catch::Matchers::Contains("version"));
  CHECK_THAT(refusal([](Json& j) { j.erase("files"); }), Catch::Matchers::Contains("'files' is missing"));
  for (const char* mode : {"400", "0408", "04000", "0x40", ""}) {
    CHECK_THAT(refusal([&](Json& j) { j["files"][0]["mode"] = mode; }),
               Catch::Matchers::Contains("/files/0/mode"));
  }
  for (const char* path :
       {"", "/etc/passwd", "../x", "a/../b", "a//b", "a/b/c", ".generation", "a\nb", "a b", "a/"}) {
    CHECK_THAT(refusal([&](Json& j) { j["files"][0]["path"] = path; }),
               Catch::Matchers::Contains("the path is not"));
  }
  CHECK_THAT(refusal([](Json& j) { j["files"][0]["source"]["id"] = "HEAD"; }),
             Catch::Matchers::Contains("source id"));
  CHECK_THAT(refusal([](Json& j) { j["files"].push_back(j["files"][0]); }),
             Catch::Matchers::Contains("stands twice"));
  CHECK_THAT(refusal([](Json& j) { j["files"][1]["key"] = "x"; }),
             Catch::Matchers::Contains("'key' goes with"));
  CHECK_THAT(refusal([](Json& j) { j["files"][0].erase("environment"); }),
             Catch::Matchers::Contains("'environment'"));
  CHECK_THAT(refusal([](Json& j) { j["files"][0]["environment"][0]["name"] = "A=B"; }),
             Catch::Matchers::Contains("no name of a variable"));
  CHECK_THAT(refusal([](Json& j) { j["files"][0]["environment"][0]["parts"][0]["variable"] = "y"; }),
             Catch::Matchers::Contains("exactly one"));
  CHECK_THROWS_AS(parse_manifest("{"), Error);
  CHECK_THROWS_AS(parse_manifest("[]"), Error);
  CHECK_THAT(refusal([](Json& j) {
               j["files"][0]["path"] = "x";
               j["files"][1]["path"] = "x/y";
               j["files"][1]["uid"] = 0;
             }),
             Catch::Matchers::Contains("it is a directory"));
}

TEST_CASE("a file may be in the view of another than its owner, which makes it version 2") {
  Manifest manifest = both();
  CHECK(Json::parse(serialise(manifest)).at("version") == 1);
  manifest.files[1].uid = 999;
  manifest.files[1].view = 0;
  const std::string text = serialise(manifest);
  CHECK(Json::parse(text).at("version") == 2);
  const Manifest read = parse_manifest(text);
  CHECK(read.files[0].viewer() == 0);
  CHECK(read.files[0].uid == 999);
  CHECK(serialise(read) == text);

  SecretFile twin = manifest.files[1];
  twin.uid = 0;
  manifest.files.push_back(twin);
  CHECK_THROWS_AS(serialise(manifest), Error);
}

}  // namespace
}  // namespace hwcsync::secrets
