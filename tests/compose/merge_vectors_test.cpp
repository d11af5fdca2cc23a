#ifndef HWCSYNC_CATCH3
#define CATCH_CONFIG_RUNNER
#endif
#include "gitops/compose/merge.hpp"
#include "src/base/fd.hpp"
#include "tests/compose/corpus.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <filesystem>

// compose-go's own triples: base and override give want (HWCSYNC_CORPUS).
namespace hwcsync::compose {
namespace {
namespace fs = std::filesystem;

fs::path folder() {
  return fs::path(test::corpus()) / "compose-go/extracted/merge";
}

Yaml read(const fs::path& file) {
  return parse_yaml(read_file(file.string()), file.filename().string());
}

// Mappings have no order; what is left is compared as it stands.
Yaml sorted(Yaml value) {
  std::sort(value.entries.begin(), value.entries.end(),
            [](const Yaml::Entry& a, const Yaml::Entry& b) { return a.key < b.key; });
  for (Yaml::Entry& entry : value.entries) entry.value = sorted(std::move(entry.value));
  for (Yaml& item : value.items) item = sorted(std::move(item));
  return value;
}

TEST_CASE("every merge of compose-go gives the same document here") {
  const auto refused = test::refused_vectors();
  CHECK(refused.size() <= 15);
  std::size_t count = 0;
  for (const fs::directory_entry& vector : fs::directory_iterator(folder())) {
    const std::string name = vector.path().filename().string();
    INFO(name);
    Yaml base = read(vector.path() / "base.yaml");
    Problems problems;
    merge_into(base, read(vector.path() / "override.yaml"), document_rules(), problems);
    make_unique(base, document_rules());
    CHECK(problems.empty());
    const Yaml got = sorted(std::move(base));
    const Yaml want = sorted(read(vector.path() / "want.yaml"));
    if (refused.count("merge/" + name) != 0) {
      if (same_content(got, want)) WARN(name << " holds; take it out of refused_vectors.txt");
    } else if (!same_content(got, want)) {
      CHECK(write_yaml(got) == write_yaml(want));
    }
    ++count;
  }
  CHECK(count > 40);
}

}  // namespace
}  // namespace hwcsync::compose

int main(int argc, char** argv) {
  if (!std::filesystem::is_directory(hwcsync::compose::folder())) {
    std::fprintf(stderr, "skipped: there is no corpus at %s (set HWCSYNC_CORPUS)\n",
                 hwcsync::compose::test::corpus().c_str());
    return 77;
  }
  return Catch::Session().run(argc, argv);
}
