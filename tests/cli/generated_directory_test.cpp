#include "src/cli/generated_directory.hpp"

#include "gitops/nix/marker.hpp"
#include "src/base/atomic_file.hpp"
#include "src/base/error.hpp"
#include "src/base/fd.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_directory.hpp"

#include <filesystem>

namespace hwcsync::cli {
namespace {

namespace fs = std::filesystem;
using Files = std::map<std::string, std::string>;

constexpr const char* kAsset = "stacks/web/assets/Caddyfile";

class Story {
 public:
  void put(const std::string& path, const std::string& content) const {
    make_directories(fs::path(full(path)).parent_path().string(), 0755);
    AtomicFile file(full(path), 0644);
    file.write(content);
    file.commit();
  }
  [[nodiscard]] std::string full(const std::string& path) const { return root() + '/' + path; }
  [[nodiscard]] std::string root() const { return temporary.path() + "/out"; }
  [[nodiscard]] std::string refusal(const Files& wanted) const {
    try {
      GeneratedDirectory(root()).write({.files = wanted});
    } catch (const RefusedError& error) {
      return std::string(error.what()) + '\n' + error.text().hint;
    }
    return "";
  }

  test::TemporaryDirectory temporary;
  Files files{{"default.nix", nix::with_marker("", "{ }\n")}, {kAsset, ":80\n"}};
};

TEST_CASE("a copy of an owner's file is replaced and removed as long as it is what was written") {
  Story story;
  CHECK(story.refusal(story.files).empty());
  CHECK(GeneratedDirectory(story.root()).stale({.files = story.files}).empty());
  story.files[kAsset] = ":81\n";
  CHECK(GeneratedDirectory(story.root()).stale({.files = story.files}) == std::vector<std::string>{kAsset});
  CHECK(story.refusal(story.files).empty());
  CHECK(read_file(story.full(kAsset)) == ":81\n");
  story.files.erase(kAsset);
  CHECK(story.refusal(story.files).empty());
  CHECK_FALSE(fs::exists(story.full("stacks")));
  CHECK_FALSE(fs::exists(story.full(".copies")));
}

TEST_CASE("what may be executed is written so, and a file that lost it is stale") {
  const Story story;
  const nix::Rendered rendered{.files = {{"lib/run.sh", nix::with_marker("", "true\n")}},
                               .executables = {"lib/run.sh"}};
  const GeneratedDirectory directory(story.root());
  directory.write(rendered);
  const auto runs = [&] {
    return (fs::status(story.full("lib/run.sh")).permissions() & fs::perms::owner_exec) != fs::perms::none;
  };
  CHECK(runs());
  fs::permissions(story.full("lib/run.sh"), fs::perms::owner_exec, fs::perm_options::remove);
  CHECK(directory.stale(rendered) == std::vector<std::string>{"lib/run.sh"});
  directory.write(rendered);
  CHECK(runs());
}

TEST_CASE("a file of one's own beside the copies is neither removed nor overwritten") {
  Story story;
  SECTION("where nothing is rendered") {
    CHECK(story.refusal(story.files).empty());
    story.put("stacks/web/assets/notes.txt", "mine\n");
    CHECK(story.refusal(story.files).find("hwcsync did not write it") != std::string::npos);
    CHECK(read_file(story.full("stacks/web/assets/notes.txt")) == "mine\n");
  }
  SECTION("where a copy would go") {
    story.put(kAsset, "mine\n");
    const std::string said = story.refusal(story.files);
    CHECK(said.find("line 1:\n  - mine\n  + :80") != std::string::npos);
    CHECK(read_file(story.full(kAsset)) == "mine\n");
    CHECK_FALSE(fs::exists(story.full("default.nix")));
  }
  SECTION("of the same content it may stay") {
    story.put(kAsset, ":80\n");
    CHECK(story.refusal(story.files).empty());
  }
  SECTION("that is a symbolic link") {
    make_directories(story.root(), 0755);
    fs::create_symlink("/etc/passwd", story.full("default.nix"));
    CHECK(story.refusal(story.files).find("no regular file") != std::string::npos);
  }
}

TEST_CASE("a copy that was edited is not overwritten, and the edit is shown") {
  Story story;
  CHECK(story.refusal(story.files).empty());
  story.put(kAsset, ":80\n# mine\n");
  const std::string said = story.refusal(story.files);
  CHECK(said.find("has been edited since") != std::string::npos);
  CHECK(said.find("line 2:\n  - # mine") != std::string::npos);
  CHECK(read_file(story.full(kAsset)) == ":80\n# mine\n");
}

}  // namespace
}  // namespace hwcsync::cli
