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
  fs::rename(story.full(".copies"), story.full("../away"));
  CHECK(GeneratedDirectory(story.root()).stale({.files = story.files}) ==
        std::vector<std::string>{".copies"});
  fs::rename(story.full("../away"), story.full(".copies"));
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

// Every file below the directory, and what it says.
Files standing(const std::string& root) {
  Files out;
  for (const auto& item : fs::recursive_directory_iterator(root)) {
    if (!item.is_directory())
      out[item.path().lexically_relative(root).string()] = read_file(item.path().string());
  }
  return out;
}

TEST_CASE("a file may become a directory, and a directory a file") {
  Story story;
  const std::string file = "stacks/web/assets/conf";
  for (const Files& next :
       {Files{{file, "one\n"}}, Files{{file + "/a/b", "two\n"}}, Files{{file, "three\n"}}}) {
    CHECK(story.refusal(next).empty());
    Files there = standing(story.root());
    CHECK(there.erase(".copies") == 1);
    CHECK(there == next);
  }
  SECTION("over empty directories, which Git does not know") {
    fs::remove(story.full(file));
    fs::create_directories(story.full(file + "/x/y"));
    CHECK(story.refusal({{file, "four\n"}}).empty());
  }
  SECTION("not over a file of one's own in it") {
    fs::remove(story.full(file));
    story.put(file + "/mine", "mine\n");
    CHECK(story.refusal({{file, "four\n"}}).find("hwcsync did not write it") != std::string::npos);
    CHECK(read_file(story.full(file + "/mine")) == "mine\n");
  }
}

TEST_CASE("names with line breaks and backslashes are remembered as they are") {
  Story story;
  for (const char* name : {"a\nb", "a\\nb", "a\\", " a", "# a"}) {
    INFO(name);
    CHECK(story.refusal({{name, "one\n"}}).empty());
    CHECK(story.refusal({{name, "two\n"}}).empty());
    CHECK(read_file(story.full(name)) == "two\n");
  }
}

// Fault injection: a process that dies before each step, and one that dies in each write.
TEST_CASE("a write that is broken off anywhere loses nothing, and the next one finishes it") {
  const Files old{{"default.nix", nix::with_marker("", "{ a = 1; }\n")},
                  {"gone.nix", nix::with_marker("", "{ }\n")},
                  {"stacks/web/assets/Caddyfile", ":80\n"},
                  {"stacks/web/assets/conf", "a file\n"},
                  {"stacks/web/assets/dir/x", "in a directory\n"},
                  {"stacks/gone/assets/x", "goes\n"}};
  const Files next{{"default.nix", nix::with_marker("", "{ a = 2; }\n")},
                   {"stacks/web/assets/Caddyfile", ":81\n"},
                   {"stacks/web/assets/conf/y", "in a directory\n"},
                   {"stacks/web/assets/dir", "a file\n"},
                   {"stacks/web/assets/new", "comes\n"}};
  const auto first = GENERATE(as<std::string>{}, "nothing", "the old files");
  const Files before = first == "nothing" ? Files{} : old;
  const auto count = [&] {
    const Story story;
    if (!before.empty()) GeneratedDirectory(story.root()).write({.files = before});
    return GeneratedDirectory(story.root()).steps({.files = next}).size();
  }();
  REQUIRE(count > 5);
  for (std::size_t dies = 0; dies <= count; ++dies) {
    for (const bool in_a_write : {false, true}) {
      CAPTURE(first, dies, in_a_write);
      const Story story;
      const GeneratedDirectory directory(story.root());
      if (!before.empty()) directory.write({.files = before});
      const auto steps = directory.steps({.files = next});
      for (std::size_t i = 0; i < dies; ++i) directory.perform(steps[i]);
      if (in_a_write) story.put(".hwcsync-new.AbC123", "half a fi");
      for (const auto& [path, content] :
           dies == 0 && !in_a_write && before.empty() ? Files{} : standing(story.root())) {
        if (GeneratedDirectory::is_list(path) || path.rfind(".hwcsync-new.", 0) == 0) continue;
        const auto was = before.find(path);
        const auto is = next.find(path);
        CHECK(
            ((was != before.end() && was->second == content) || (is != next.end() && is->second == content)));
      }
      // To the new state, and from where it died back to the old one.
      const Files& wanted = dies % 2 == 0 || before.empty() ? next : before;
      CHECK(story.refusal(wanted).empty());
      Files there = standing(story.root());
      CHECK(there.erase(".copies") == 1);
      CHECK(there == wanted);
      CHECK(directory.steps({.files = wanted}).empty());
    }
  }
}

}  // namespace
}  // namespace hwcsync::cli
