#include "gitops/compose/verdicts.hpp"
#include "src/base/fd.hpp"
#include "tests/compose/fixture.hpp"

#include <array>
#include <cstdlib>
#include <fstream>
#include <set>

// Cases are data: tests/compose/keys/*.txt holds "### name", Compose text, "--->", canonical text. A case
// that is refused somewhere shows the refusals as comments. HWCSYNC_ACCEPT=1 rewrites the files and fails.
namespace hwcsync::compose {
namespace {
using test::Fixture;

constexpr std::array kServiceFiles{"service-a-to-f.txt", "service-g-to-z.txt"};

struct Case {
  std::string name;
  std::string input;
  std::string output;
};

std::string path_of(const std::string& file) {
  const char* source = std::getenv("HWCSYNC_SOURCE_DIR");
  return std::string(source == nullptr ? "." : source) + "/tests/compose/keys/" + file;
}

std::vector<Case> cases(const std::string& file) {
  std::vector<Case> out;
  bool output = false;
  std::ifstream stream(path_of(file));
  for (std::string line; std::getline(stream, line);) {
    if (line.rfind("### ", 0) == 0) {
      out.push_back({line.substr(4), "", ""});
      output = false;
    } else if (line == "--->") {
      output = true;
    } else if (!out.empty()) {
      (output ? out.back().output : out.back().input) += line + '\n';
    }
  }
  return out;
}

Fixture fixture() {
  Fixture out;
  out.context.secret_files = {"token", "file"};
  out.tree.put("stacks/s/app.env", "RAW=\"quoted\"\n");
  out.tree.put("stacks/s/app.labels", "first=file\nsecond=file\n");
  out.tree.put("stacks/s/app.conf", "x\n");
  return out;
}

// What the services of the cases refer to.
const char* const kRest =
    "  db: { image: d }\n  other: { image: o }\nnetworks: { back: , front: , default: }\n"
    "volumes: { data: }\nconfigs: { app: { content: x } }\nsecrets: { token: { external: true } }\n";

std::string refusals(const Project& project) {
  std::string out;
  for (const Limit& limit : project.limits) {
    out += std::string("# ") + (limit.of == Limit::Of::provider ? "compose: " : "oci: ") +
           limit.problem.message + '\n';
  }
  return out;
}

void remember(std::set<const KeyRow*>& seen, const Project& project) {
  for (const KeyUse& use : project.keys) seen.insert(use.row);
}

std::string of_service(const std::string& input, std::set<const KeyRow*>& seen) {
  const bool built = input.find("build:") != std::string::npos;
  std::string text = Fixture::web(input);
  if (built) text.erase(text.find("    image:"), text.find("    build:") - text.find("    image:"));
  const Project project = fixture().load(text + kRest);
  remember(seen, project);
  Yaml web = *project.canonical.find("services")->find("web");
  web.erase("image");
  const Yaml* networks = web.find("networks");
  if (networks != nullptr && write_yaml(*networks) == "- default\n") web.erase("networks");
  return refusals(project) + (web.entries.empty() ? "" : write_yaml(web));
}

std::string of_file(const std::string& input, std::set<const KeyRow*>& seen) {
  const Project project = fixture().load(Fixture::web("") + input);
  remember(seen, project);
  Yaml model = project.canonical;
  model.erase("services");
  return refusals(project) + write_yaml(model);
}

using Function = std::string (*)(const std::string& input, std::set<const KeyRow*>& seen);

void run(const std::string& file, Function function, std::set<const KeyRow*>& seen) {
  std::vector<Case> all = cases(file);
  REQUIRE_FALSE(all.empty());
  const bool accept = std::getenv("HWCSYNC_ACCEPT") != nullptr;
  std::string rewritten;
  for (const Case& one : all) {
    INFO(one.name);
    std::string got;
    try {
      got = function(one.input, seen);
    } catch (const ConfigError& error) {
      got = std::string("# error: ") + error.what() + '\n';
    }
    if (!accept) CHECK(got == one.output);
    rewritten += "### " + one.name + '\n' + one.input + "--->\n" + got;
  }
  if (!accept) return;
  std::ofstream(path_of(file)) << rewritten;
  FAIL("rewrote " << file << "; run again without HWCSYNC_ACCEPT");
}

TEST_CASE("every key of a service becomes what the provider takes") {
  std::set<const KeyRow*> seen;
  for (const char* file : kServiceFiles) run(file, of_service, seen);
}

TEST_CASE("every key beside the services becomes what the provider takes") {
  std::set<const KeyRow*> seen;
  run("file.txt", of_file, seen);
}

TEST_CASE("the cases have every key of the specification but those that expansion resolves or refuses") {
  std::set<const KeyRow*> seen;
  for (const char* file : kServiceFiles) {
    for (const Case& one : cases(file)) (void)of_service(one.input, seen);
  }
  for (const Case& one : cases("file.txt")) (void)of_file(one.input, seen);
  std::vector<std::string> missing;
  for (const auto rows : {top_level_keys(), service_keys(), nested_keys()}) {
    for (const KeyRow& row : rows) {
      if (seen.count(&row) == 0) missing.push_back(std::string(row.scope) + '.' + std::string(row.key));
    }
  }
  CHECK(missing == std::vector<std::string>{"file.include", "file.models", "service.extends",
                                            "service.models", "service.provider"});
}

}  // namespace
}  // namespace hwcsync::compose
