#ifndef HWCSYNC_CATCH3
#define CATCH_CONFIG_RUNNER
#endif
#include "gitops/compose/loader.hpp"
#include "gitops/compose/verdicts.hpp"
#include "src/base/fd.hpp"
#include "src/base/json.hpp"
#include "src/base/text.hpp"
#include "tests/compose/corpus.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>

// Documents that other projects' tests and examples hold, read as `hwcsync config` reads a file
// (HWCSYNC_CORPUS).
namespace hwcsync::compose {
namespace {
namespace fs = std::filesystem;

struct Indexed {
  std::string path;       // "load/cpu/TestCPUFields.yaml"
  bool may_fail = false;  // its test asserts an error somewhere
};

std::vector<Indexed> indexed() {
  std::vector<Indexed> out;
  std::ifstream file(test::corpus() + "/compose-go/extracted/INDEX.tsv");
  for (std::string line; std::getline(file, line);) {
    const std::vector<std::string> cells = split(line, '\t');
    if (cells.front().rfind("load/", 0) != 0) continue;
    out.push_back({cells.front(), cells.back().find("test-expects-some-error") != std::string::npos});
  }
  return out;
}

// tests/compose/suspect_documents.txt: path, "loads" or "fails", and why.
std::map<std::string, std::string> suspects() {
  std::map<std::string, std::string> out;
  std::ifstream file(std::string(std::getenv("HWCSYNC_SOURCE_DIR")) + "/tests/compose/suspect_documents.txt");
  for (std::string line; std::getline(file, line);) {
    const std::vector<std::string> words = split(line, ' ');
    if (line.empty() || line.front() == '#' || words.size() < 2) continue;
    out[words[0]] = words[1];
  }
  return out;
}

Context context() {
  Context out;
  out.setting = Context::Setting::plain;
  out.directory = "p";
  out.project_name = "corpus";
  // What upstream's tests set.
  out.variables.values = {{"HOME", "/home/foo"},       {"theint", "555"},      {"thefloat", "3.14"},
                          {"thebool", "true"},         {"theduration", "10s"}, {"thesize", "2gb"},
                          {"FOO_SCALE", "2"},          {"GA", "BU"},           {"MEU", "Shadoks"},
                          {"BAR", "this is a secret"}, {"MY_VAR", "x"}};
  return out;
}

MemoryTree tree() {
  MemoryTree out;
  for (const char* name : {".env", "example1.env", "example2.env"})
    out.put(std::string("p/") + name, "FOO=bar\n");
  return out;
}

// Upstream's tests load fragments without the checks between their parts; here the missing part is added,
// which is all that this may mend: an image, and what a name refers to.
bool mend(Yaml& document, const std::string& message) {
  const auto quoted = [&](std::size_t from) {
    const auto begin = message.find('\'', from) + 1;
    return message.substr(begin, message.find('\'', begin) - begin);
  };
  const auto add = [&](const char* section, const std::string& name, Yaml value) {
    if (document.find(section) == nullptr || !document.find(section)->is_mapping())
      document.set(section, Yaml::mapping());
    document.find(section)->set(name, std::move(value));
    return true;
  };
  Yaml service = Yaml::mapping();
  service.set("image", Yaml::scalar("added"));
  if (message.find("has no image") != std::string::npos) {
    document.find("services")->find(quoted(0))->set("image", Yaml::scalar("added"));
    return true;
  }
  if (const auto at = message.find(" depends on '"); at != std::string::npos)
    return add("services", quoted(at), service);
  if (const auto at = message.find(" needs the service '"); at != std::string::npos)
    return add("services", quoted(at), service);
  if (message.find("is not declared under 'networks'") != std::string::npos)
    return add("networks", quoted(0), Yaml());
  if (message.find("is not declared under 'volumes'") != std::string::npos)
    return add("volumes", quoted(0), Yaml());
  Yaml file = Yaml::mapping();
  file.set("file", Yaml::scalar("./added"));
  if (message.find("is not declared under 'configs'") != std::string::npos)
    return add("configs", quoted(0), file);
  if (message.find("is not declared under 'secrets' of the Compose file") != std::string::npos)
    return add("secrets", quoted(0), file);
  return false;
}

// What is wrong with a document, empty for nothing.
std::string fault(const std::string& path) {
  const std::string text = read_file(test::corpus() + "/compose-go/extracted/" + path);
  try {
    std::vector<Yaml> documents = parse_yaml_documents(text, "p/compose.yaml");
    for (int i = 0;; ++i) {
      try {
        (void)load_project(tree(), std::vector<ComposeFile>{{"p/compose.yaml", documents}}, context());
        return "";
      } catch (const ConfigError& error) {
        bool mended = false;
        for (const Problem& problem : error.problems())
          mended = mend(documents.front(), problem.message) || mended;
        if (!mended || i == 10) throw;
      }
    }
  } catch (const Error& error) {
    return error.what();
  }
}

bool lacks_file(const std::string& fault) {
  return fault.find("there is no such file") != std::string::npos ||
         fault.find("there is no file") != std::string::npos;
}

TEST_CASE("every document that compose-go loads is loaded here") {
  const auto refused = test::refused_vectors();
  std::size_t loaded = 0;
  std::size_t lacking = 0;
  for (const Indexed& document : indexed()) {
    if (document.may_fail) continue;
    const std::string wrong = fault(document.path);
    INFO(document.path << ": " << wrong);
    if (refused.count(document.path) > 0) {
      CHECK_FALSE(wrong.empty());  // else it has no business in the list
    } else if (lacks_file(wrong)) {
      ++lacking;  // the corpus has the document and not the file that it extends or includes
    } else {
      CHECK(wrong.empty());
      ++loaded;
    }
  }
  CHECK(refused.size() <= 15);
  CHECK(loaded > 170);
  CHECK(lacking < 20);
}

TEST_CASE("of documents whose tests expect an error each was looked at") {
  const auto known = suspects();
  for (const Indexed& document : indexed()) {
    if (!document.may_fail) continue;
    const std::string wrong = fault(document.path);
    INFO(document.path << ": " << wrong);
    const auto found = known.find(document.path);
    REQUIRE(found != known.end());
    CHECK(found->second == (wrong.empty() ? "loads" : "fails"));
  }
}

TEST_CASE("the table has exactly the keys of the specification's schema") {
  const Json schema = parse_json(read_file(test::corpus() + "/compose-go/compose-spec.json"), "the schema");
  const std::string service = "/$defs/service/properties/";
  const std::string resources = "/$defs/deployment/properties/resources/properties/";
  const std::string mount = service + "volumes/items/oneOf/1/properties/";
  const std::vector<std::pair<std::string, std::string>> places{
      {"file", "/properties"},
      {"service", "/$defs/service/properties"},
      {"build", service + "build/oneOf/1/properties"},
      {"blkio_config", service + "blkio_config/properties"},
      {"deploy", "/$defs/deployment/properties"},
      {"deploy's resources", "/$defs/deployment/properties/resources/properties"},
      {"deploy's limits", resources + "limits/properties"},
      {"deploy's reservations", resources + "reservations/properties"},
      {"deploy's restart policy", "/$defs/deployment/properties/restart_policy/properties"},
      {"health check", "/$defs/healthcheck/properties"},
      {"hook", "/$defs/pre_start_hook/properties"},
      {"logging", service + "logging/properties"},
      {"mount", service + "volumes/items/oneOf/1/properties"},
      {"mount's bind", mount + "bind/properties"},
      {"mount's volume", mount + "volume/properties"},
      {"mount's tmpfs", mount + "tmpfs/properties"},
      {"mount's image", mount + "image/properties"},
      {"port", service + "ports/items/oneOf/2/properties"},
      {"network", "/$defs/network/properties"},
      {"network's ipam", "/$defs/network/properties/ipam/properties"},
      {"network's ipam.config", "/$defs/network/properties/ipam/properties/config/items/properties"},
      {"volume", "/$defs/volume/properties"},
      {"secret", "/$defs/secret/properties"},
      {"config", "/$defs/config/properties"},
  };
  for (const auto& [scope, place] : places) {
    INFO(scope);
    std::vector<std::string> keys;
    for (const auto& [key, value] : schema.at(Json::json_pointer(place)).items()) keys.push_back(key);
    CHECK(keys == keys_of(scope));
  }
}

TEST_CASE("every file of awesome-compose is loaded") {
  std::size_t count = 0;
  for (const fs::directory_entry& entry :
       fs::recursive_directory_iterator(test::corpus() + "/awesome-compose")) {
    const std::string name = entry.path().filename().string();
    if (name != "compose.yaml" && name != "compose.yml" && name != "docker-compose.yml") continue;
    INFO(entry.path().string());
    const DirectoryTree files(test::corpus() + "/awesome-compose");
    Context here;
    here.setting = Context::Setting::plain;
    here.project_name = "corpus";
    here.directory = fs::relative(entry.path().parent_path(), test::corpus() + "/awesome-compose").string();
    CHECK_NOTHROW(load_project(files, {read_compose_file(files, here.directory + '/' + name)}, here));
    ++count;
  }
  CHECK(count > 25);
}

}  // namespace
}  // namespace hwcsync::compose

int main(int argc, char** argv) {
  const std::string path = hwcsync::compose::test::corpus();
  if (!std::ifstream(path + "/compose-go/extracted/INDEX.tsv")) {
    std::fprintf(stderr, "skipped: there is no corpus at %s (set HWCSYNC_CORPUS)\n", path.c_str());
    return 77;
  }
  return Catch::Session().run(argc, argv);
}
