#include "gitops/lint/lint.hpp"
#include "tests/layout/fixture.hpp"

#include <cstdlib>

namespace hwcsync::layout {
namespace {

// examples/homelab as it is committed, with ciphertexts in place of the secrets that its owner would encrypt:
// their names are those of examples/secrets.example.
class Example final : public Tree {
 public:
  Example() : files_(root() + "/examples/homelab") {
    const DirectoryTree names(root() + "/examples/secrets.example");
    const auto entries = names.list("");
    REQUIRE(entries);
    for (const TreeEntry& entry : *entries) {
      const std::string stack = entry.name.substr(0, entry.name.rfind('.'));
      std::vector<std::string> variables;
      const std::string text = *names.read(entry.name);
      for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
        variables.push_back(text.substr(at, text.find('=', at) - at));
      }
      secrets_.put("stacks/" + stack + '/' + entry.name, test::sops_dotenv(variables));
    }
  }
  std::optional<std::string> read(const std::string& path) const override {
    auto secret = secrets_.read(path);
    return secret ? secret : files_.read(path);
  }
  std::optional<std::vector<TreeEntry>> list(const std::string& path) const override {
    auto out = files_.list(path);
    const auto more = secrets_.list(path);
    if (out && more) {
      for (const TreeEntry& entry : *more) {
        if (entry.kind == EntryKind::file) out->push_back(entry);
      }
    }
    return out;
  }

 private:
  static std::string root() {
    const char* source = std::getenv("HWCSYNC_SOURCE_DIR");
    return source == nullptr ? "." : source;
  }
  DirectoryTree files_;
  MemoryTree secrets_;
};

TEST_CASE("the example repository is read without a problem") {
  LoadCounters counters;
  const DesiredState state = load_desired_state(Example(), "server", counters);
  CHECK(state.stacks.size() == 6);
  CHECK(counters.stacks == 6);
  CHECK(state.stacks.at("immich").style == stack::Style::compose);
  CHECK(state.stacks.at("postgres").style == stack::Style::oci);
  CHECK(state.stacks.at("n8n").units() == std::vector<std::string>{"podman-n8n"});
  for (const auto& [name, stack] : state.stacks) {
    INFO(name);
    CHECK(stack.project.unset_variables.empty());
  }
}

TEST_CASE("the example repository has no lint error and its manifest is accepted") {
  LoadCounters counters;
  const DesiredState state = load_desired_state(Example(), "server", counters);
  const auto findings = lint::lint(state);
  INFO(lint::to_text(findings));
  CHECK_FALSE(lint::has_error(findings));
  CHECK_FALSE(state.manifest_json().empty());
}

}  // namespace
}  // namespace hwcsync::layout
