// Every project of corpus/awesome-compose in both styles, evaluated by Nix. What is refused stands in
// corpus_refused.txt with a part of the reason.
#include "gitops/nix/render.hpp"
#include "gitops/nix/verify.hpp"
#include "src/base/error.hpp"
#include "src/base/fd.hpp"
#include "src/base/process.hpp"
#include "src/base/text.hpp"
#include "src/base/tree.hpp"
#include "src/base/yaml.hpp"
#include "tests/nix/need_nix.hpp"
#include "tests/support/catch.hpp"

#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>

using namespace hwcsync;

namespace {

namespace fs = std::filesystem;

std::string source_directory() {
  return std::getenv("HWCSYNC_SOURCE_DIR");
}

struct NeedCorpus {
  NeedCorpus() {
    if (fs::exists(path())) return;
    std::fprintf(stderr, "skipped: there is no corpus at %s (set HWCSYNC_CORPUS)\n", path().c_str());
    std::_Exit(77);
  }
  static std::string path() {
    const char* given = std::getenv("HWCSYNC_CORPUS");
    return (given != nullptr ? std::string(given) : source_directory() + "/../shared/corpus") +
           "/awesome-compose";
  }
};

const test::NeedNix kNeedNix;
const NeedCorpus kNeedCorpus;

// What a service mounts of its project: a name with a dot is a file's, any other a directory's.
void make_sources(const Yaml& service, std::map<std::string, std::string>& files,
                  const std::string& directory) {
  const Yaml* volumes = service.find("volumes");
  if (volumes == nullptr) return;
  for (const Yaml& volume : volumes->items) {
    const Yaml* long_form = volume.find("source");
    const std::string source = long_form != nullptr ? long_form->text : split(volume.text, ':').front();
    const auto path = join_path("", source);
    const bool own = !source.empty() && source.front() == '.' && path;
    if (!own) continue;
    const bool file = path->find('.') != std::string::npos;
    files[directory + *path + (file ? "" : path->empty() ? "made-up" : "/made-up")] = "# made up\n";
  }
}

// A Dockerfile for a service that is built.
void make_context(const Yaml& service, std::map<std::string, std::string>& files,
                  const std::string& directory) {
  const Yaml* build = service.find("build");
  if (build == nullptr) return;
  const Yaml* context = build->is_scalar() ? build : build->find("context");
  const Yaml* name = build->find("dockerfile");
  const auto path =
      join_path(context == nullptr ? "" : context->text, name == nullptr ? "Dockerfile" : name->text);
  files[directory + path.value()] = "FROM scratch\n";
}

// As somebody would adopt it: the stack may build, secrets are declared and encrypted, what is mounted and
// built is there. The corpus has the Compose files alone.
std::string adopt(const Yaml& document, std::map<std::string, std::string>& files,
                  const std::string& directory) {
  if (const Yaml* services = document.find("services")) {
    for (const Yaml::Entry& service : services->entries) {
      make_sources(service.value, files, directory);
      make_context(service.value, files, directory);
    }
  }
  std::string stack = "secrets: {";
  if (const Yaml* secrets = document.find("secrets")) {
    for (const Yaml::Entry& secret : secrets->entries) {
      stack += (stack.back() == '{' ? " " : ", ") + secret.key + ": { source: " + secret.key + ".age }";
      files[directory + secret.key + ".age"] = "age-encryption.org/v1\n-> X25519 x\nx\n--- x\nx";
    }
  }
  files[directory + "stack.yaml"] += stack + " }\n";
  return write_yaml(document);
}

// A stack for each directory.
std::map<std::string, std::string> corpus(const std::string& style) {
  std::map<std::string, std::string> out;
  std::string names;
  for (const auto& project : fs::directory_iterator(NeedCorpus::path())) {
    if (!project.is_directory()) continue;
    std::string name = project.path().filename().string();
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    names += (names.empty() ? "" : ", ") + name;
    const std::string directory = "stacks/" + name + "/";
    out[directory + "stack.yaml"] = "build: true\nstyle: " + style + "\n";
    for (const auto& file : fs::directory_iterator(project.path())) {
      const std::string path = directory + file.path().filename().string();
      const std::string text = read_file(file.path().string());
      const bool compose = path.ends_with(".yaml") || path.ends_with(".yml");
      out[path] = compose ? adopt(parse_yaml(text, path), out, directory) : text;
    }
  }
  out["hwcsync.yaml"] = "version: 1\nhosts: { server: { flake: \"#server\", stacks: [" + names +
                        "], users: { homelab: { uid: 1000 } }, podman: true, firewall: true } }\n";
  return out;
}

// "<stack> <style>" -> part of the reason.
std::map<std::string, std::string> refused() {
  std::map<std::string, std::string> out;
  for (const auto& line : split(read_file(source_directory() + "/tests/nix/corpus_refused.txt"), '\n')) {
    if (line.empty() || line.front() == '#') continue;
    const auto colon = line.find(": ");
    out[line.substr(0, colon)] = line.substr(colon + 2);
  }
  return out;
}

}  // namespace

TEST_CASE(
    "each project of the corpus renders and evaluates in both styles, or is refused for the reason listed") {
  const auto expected = refused();
  std::map<std::string, std::string> met;
  for (const std::string style : {"compose", "oci"}) {
    const MemoryTree tree(corpus(style));
    layout::DesiredState desired;
    desired.host = "server";
    desired.repository = stack::read_repository_config(tree);
    desired.config = stack::find_host(desired.repository, "server");
    // One at a time: projects publish the same ports, and one that is refused must not hide the others.
    for (const auto& name : desired.config.stacks) {
      layout::LoadCounters counters;
      const std::string key = name + " " + style;
      try {
        layout::DesiredState alone = desired;
        alone.stacks.emplace(name,
                             layout::load_stack(tree, desired.repository, desired.config, name, counters));
        const auto first = nix::render(alone);
        CHECK(first.files == nix::render(alone).files);
        desired.stacks.merge(alone.stacks);
      } catch (const Error& error) {
        met[key] = error.what();
      }
    }
    CHECK(desired.config.stacks.size() >= 30);
    SystemProcessRunner runner;
    nix::verify(nix::render(desired), runner);
  }
  for (const auto& [key, reason] : met) {
    const auto found = expected.find(key);
    if (found == expected.end()) {
      FAIL_CHECK(key << ": " << reason);
    } else if (reason.find(found->second) == std::string::npos) {
      FAIL_CHECK(key << " is refused for another reason: " << reason);
    }
  }
  for (const auto& [key, reason] : expected) {
    INFO(key);
    CHECK(met.count(key) == 1);
  }
}
