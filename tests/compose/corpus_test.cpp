#ifndef HWCSYNC_CATCH3
#define CATCH_CONFIG_RUNNER
#endif
#include "tests/compose/corpus.hpp"

#include "gitops/compose/dotenv.hpp"
#include "gitops/compose/interpolation.hpp"
#include "src/base/json.hpp"
#include "tests/support/catch.hpp"

#include <cstdio>
#include <fstream>
#include <string>

// The vectors of compose-go's own tests, as data beside the project (HWCSYNC_CORPUS).
namespace hwcsync::compose {
namespace {

std::vector<Json> vectors(const std::string& name) {
  std::ifstream file(test::corpus() + "/compose-go/extracted/" + name);
  std::vector<Json> out;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty()) out.push_back(parse_json(line, name));
  }
  return out;
}

TEST_CASE("every interpolation vector of compose-go holds") {
  std::vector<Json> all = vectors("interpolation_vectors.jsonl");
  REQUIRE(all.size() > 30);
  Variables variables;
  for (const auto& [name, value] : all.front().at("env").items()) variables.values[name] = value;
  all.erase(all.begin());
  for (const Json& vector : all) {
    const std::string text = vector.at("in");
    INFO(text);
    const Interpolated done = interpolate(text, variables);
    if (!vector.contains("error")) {
      REQUIRE_FALSE(done.error);
      CHECK(done.value.plain() == vector.at("out").get<std::string>());
      continue;
    }
    REQUIRE(done.error);
    const std::string wanted = vector.at("error");
    if (wanted == "Invalid template") {
      CHECK(done.error->rfind("invalid template", 0) == 0);
    } else {
      CHECK(*done.error == wanted);
    }
  }
}

TEST_CASE("every dotenv vector of compose-go holds") {
  const std::vector<Json> all = vectors("dotenv_vectors.jsonl");
  REQUIRE(all.size() > 40);
  for (const Json& vector : all) {
    const std::string text = vector.at("input");
    INFO(text);
    const Dotenv file = parse_dotenv(text, "env", {});
    REQUIRE_FALSE(file.error);
    std::map<std::string, std::string> got;
    for (const DotenvEntry& entry : file.entries) got[entry.name] = entry.value ? entry.value->plain() : "";
    if (vector.at("kind") == "dotenv") {
      CHECK(got == std::map<std::string, std::string>{{vector.at("key"), vector.at("value")}});
    } else {
      CHECK(got == vector.at("env").get<std::map<std::string, std::string>>());
    }
  }
}

}  // namespace
}  // namespace hwcsync::compose

int main(int argc, char** argv) {
  const std::string path = hwcsync::compose::test::corpus();
  if (!std::ifstream(path + "/compose-go/extracted/dotenv_vectors.jsonl")) {
    std::fprintf(stderr, "skipped: there is no corpus at %s (set HWCSYNC_CORPUS)\n", path.c_str());
    return 77;
  }
  return Catch::Session().run(argc, argv);
}
