#include "tests/compose/fixture.hpp"
#include "tests/support/temporary_directory.hpp"

#include <filesystem>
#include <fstream>

// Directories of the repository that containers mount.
namespace hwcsync::compose {
namespace {
using Catch::Matchers::Contains;
using test::Fixture;

std::string mounting(const std::string& volumes) {
  return Fixture::web("volumes: [ " + volumes + " ]");
}

std::vector<std::string> names(const TrackedDirectory& directory) {
  std::vector<std::string> out;
  for (const auto& [name, file] : directory.files) out.push_back(name);
  return out;
}
using Names = std::vector<std::string>;

struct Site : Fixture {
  Site() {
    tree.put("stacks/s/html/index.html", "hello");
    tree.put("stacks/s/html/img/a.png", std::string("\x89PNG\0", 5));
    tree.put("stacks/s/html-old/index.html", "old");
  }
};

TEST_CASE("a mounted directory is taken whole, and its hash is a label of the services that mount it") {
  const Site site;
  const Project project = site.load(
      "services:\n  web: { image: i, volumes: [ './html:/srv:ro' ] }\n  other: { image: i }\n"
      "  long: { image: i, volumes: [ { type: bind, source: html, target: /x, read_only: true } ] }\n");
  const TrackedDirectory& directory = project.directories.at("html");
  CHECK(directory.path == "stacks/s/html");
  CHECK(names(directory) == Names{"img/a.png", "index.html"});
  CHECK(project.services.at("web").volumes.at(0).source == "/etc/hwcsync/stacks/s/trees/html");
  CHECK(project.services.at("long").volumes.at(0).source == "/etc/hwcsync/stacks/s/trees/html");
  for (const char* name : {"web", "long"})
    CHECK(project.services.at(name).labels.at("io.hwcsync.asset.html") == directory.hash());
  CHECK(project.services.at("other").labels.count("io.hwcsync.asset.html") == 0);
  CHECK(project.notes.empty());
  const std::string model = write_yaml(project.canonical);
  CHECK_THAT(model, Contains("create_host_path: false"));
  CHECK_THAT(model, Contains("io.hwcsync.asset.html: "));
}

TEST_CASE("the hash follows a changed, a new, a renamed and a newly executable file") {
  TrackedDirectory one{.path = "a", .files = {{"f", {"x", false}}, {"g", {"y", false}}}};
  const std::string before = one.hash();
  CHECK(before.size() == 12);
  TrackedDirectory elsewhere = one;
  elsewhere.path = "b";
  CHECK(elsewhere.hash() == before);
  TrackedDirectory changed = one;
  changed.files["f"].content = "z";
  TrackedDirectory more = one;
  more.files["h"] = {};
  TrackedDirectory renamed{.path = "a", .files = {{"f", {"x", false}}, {"h", {"y", false}}}};
  TrackedDirectory runs = one;
  runs.files["f"].executable = true;
  for (const TrackedDirectory& other : {changed, more, renamed, runs}) CHECK(other.hash() != before);
}

TEST_CASE("the stack's own directory can be mounted, without what hwcsync reads itself") {
  Site site;
  site.tree.put("stacks/s/compose.yaml", "x");
  site.tree.put("stacks/s/stack.yaml", "x");
  site.tree.put("stacks/s/pw.age", "x");
  site.tree.put("stacks/s/sub/compose.yaml", "x");
  site.context.own_files = {"stacks/s/compose.yaml", "stacks/s/stack.yaml"};
  site.context.ciphertexts = {"stacks/s/pw.age"};
  const Project project = site.load(mounting("'.:/code:ro'"));
  CHECK(project.services.at("web").volumes.at(0).source == "/etc/hwcsync/stacks/s/trees/@");
  CHECK(names(project.directories.at(".")) ==
        Names{"html-old/index.html", "html/img/a.png", "html/index.html", "sub/compose.yaml"});
  REQUIRE(project.notes.size() == 1);
  CHECK_THAT(project.notes[0].message, Contains("'stacks/s/pw.age' is encrypted and left out"));
}

TEST_CASE("a directory elsewhere in the repository has a name of its own, one above the stack is refused") {
  Site site;
  site.tree.put("shared/html/index.html", "x");
  const Project project = site.load(mounting("'../../shared/html:/srv:ro'"));
  CHECK(project.directories.at("_outside/shared/html").path == "shared/html");
  CHECK(project.files.count("shared/html/index.html") == 1);
  CHECK_THAT(site.problems(mounting("'..:/x:ro'")), Contains("'stacks' holds this stack and others"));
  CHECK_THAT(site.problems(mounting("'../..:/x:ro'")), Contains("'.' holds this stack and others"));
  CHECK_THAT(site.problems(mounting("'../../..:/x:ro'")), Contains("is outside of the repository"));
}

TEST_CASE("names become one component each, and different ones stay different") {
  CHECK(directory_entry("html") == "html");
  CHECK(directory_entry("a/b") == "a%2Fb");
  CHECK(directory_entry("a%2Fb") == "a%252Fb");
  CHECK(directory_entry(".") == "@");
  CHECK(directory_entry("@") == "%40");
  CHECK(directory_entry(".hidden/..") == "%2Ehidden%2F..");
}

TEST_CASE("what a container mounts below a mounted directory finds a place there") {
  Site site;
  site.tree.put("stacks/s/app.conf", "x");
  const Project project =
      site.load(mounting("'./html:/code', '/code/node_modules', './app.conf:/code/conf/app.conf', "
                         "'cache:/code/img', '/data:/codex'") +
                "    tmpfs: [ '/code/tmp:size=1m' ]\nvolumes: { cache: }\n");
  const TrackedDirectory& directory = project.directories.at("html");
  CHECK(names(directory) ==
        Names{"conf/app.conf", "img/a.png", "index.html", "node_modules/.mount-point", "tmp/.mount-point"});
  CHECK(directory.files.at("conf/app.conf").content.empty());
  CHECK(project.services.at("web").labels.at("io.hwcsync.asset.html") == directory.hash());
}

TEST_CASE("a place below a mounted directory is found however its path is written") {
  const Site site;
  for (const char* target : {"/code//tmp", "/code/./tmp/", "/code/x/../tmp", "//code/tmp//"}) {
    INFO(target);
    const Project project =
        site.load(mounting("'./html:/code/', '" + std::string(target) + "', '/data:/code//img/'") +
                  "    tmpfs: [ '/code/a//b/:size=1m' ]\n");
    CHECK(names(project.directories.at("html")) ==
          Names{"a/b/.mount-point", "img/a.png", "index.html", "tmp/.mount-point"});
    CHECK(project.services.at("web").volumes.at(1).target == "/code/tmp");
    CHECK(project.services.at("web").tmpfs == Names{"/code/a/b:size=1m"});
  }
}

TEST_CASE("only the innermost mount is given a place") {
  const Project project =
      Site().load(mounting("'./html:/code', 'cache:/code/cache', './html-old:/code/old'") +
                  "    tmpfs: [ '/code/cache/tmp', '/code/old/tmp' ]\nvolumes: { cache: }\n");
  CHECK(names(project.directories.at("html")) ==
        Names{"cache/.mount-point", "img/a.png", "index.html", "old/.mount-point"});
  CHECK(names(project.directories.at("html-old")) == Names{"index.html", "tmp/.mount-point"});
}

TEST_CASE("a file in the way of a directory, or the other way round, is told where it stands") {
  Site site;
  site.tree.put("stacks/s/app.conf", "x");
  const auto told = [&](const std::string& volumes) {
    return site.problems(mounting("'./html:/code', " + volumes) + "volumes: { v: }\n");
  };
  CHECK(told("'v:/code/index.html'") ==
        "4:32: '/code/index.html' is a directory, and 'stacks/s/html/index.html', over which it would be "
        "mounted, is a file");
  CHECK(
      told("'./app.conf:/code/img'") ==
      "4:32: '/code/img' is a file, and 'stacks/s/html/img', over which it would be mounted, is a directory");
  CHECK(
      told("'v:/code/index.html/x'") ==
      "4:32: '/code/index.html/x' cannot be mounted: 'stacks/s/html/index.html', which is mounted above it, "
      "is a file");
  CHECK_THAT(told("'./app.conf:/code/c', 'v:/code/c/d'"),
             Contains("'/code/c/d' cannot be mounted below '/code/c', which is a file"));
  CHECK(told("'./app.conf:/code/index.html', 'v:/code/img', '/data/x:/code/img/a.png'").empty());
}

TEST_CASE("what a path of the host is, its name says, and a note tells of it") {
  const Project project =
      Site().load(mounting("'./html:/code', '/etc/app.conf:/code/c', '/etc/more:/code/d'"));
  CHECK(names(project.directories.at("html")) == Names{"c", "d/.mount-point", "img/a.png", "index.html"});
  std::string notes;
  for (const Problem& note : project.notes) notes += note.where.to_string() + ' ' + note.message + '\n';
  CHECK_THAT(notes, Contains("yaml:4:32 '/code/c' is taken for a file of the host") &&
                        Contains("commit a file named 'stacks/s/html/d' for it to be mounted over"));
}

TEST_CASE("two mounts at one place are refused, whatever they are") {
  Site site;
  site.tree.put("stacks/s/app.conf", "x");
  CHECK_THAT(site.problems(mounting("'/a:/x'") + "    tmpfs: /x/\n"),
             Contains("two mounts have the target '/x'"));
  CHECK_THAT(site.problems(mounting("'/a:/x'") + "    configs: [ { source: c, target: //x } ]\n" +
                           "configs: { c: { file: app.conf } }\n"),
             Contains("two mounts have the target '/x'"));
}

TEST_CASE("a directory that is not tracked is data, and is told where data belongs") {
  CHECK_THAT(Site().problems(mounting("'./data:/var/lib/x'")),
             Contains("4:16: 'data' is not a tracked file or directory of this stack; data belongs to an "
                      "absolute path, such as ${DATA_ROOT}/..."));
}

TEST_CASE("a directory too large to copy with every change is refused with its limit") {
  Site many;
  for (std::size_t i = 0; i <= kDirectoryFiles; ++i) many.tree.put("stacks/s/many/" + std::to_string(i), "");
  CHECK_THAT(many.problems(mounting("'./many:/m:ro'")),
             Contains("'stacks/s/many' holds more than 2000 files, too much to copy"));
  Site large;
  large.tree.put("stacks/s/large/a", std::string(kDirectoryBytes + 1, 'x'));
  CHECK_THAT(large.problems(mounting("'./large:/m:ro'")),
             Contains("'stacks/s/large' holds more than 32 MiB, too much to copy"));
}

TEST_CASE("a file too large to copy with every change is refused at its mount, with its limit") {
  Site large;
  large.tree.put("stacks/s/a.bin", std::string(kDirectoryBytes + 1, 'x'));
  CHECK_THAT(
      large.problems(mounting("'./a.bin:/a:ro'")),
      Contains("4:16: 'a.bin' is larger than 32 MiB, too much to copy to the host with every change; keep "
               "data at an absolute path"));
}

TEST_CASE("a file of a working directory that nobody could deploy is refused with the way out") {
  const hwcsync::test::TemporaryDirectory directory;
  std::ofstream(directory.path() + "/a.bin") << "x";
  std::filesystem::resize_file(directory.path() + "/a.bin", std::size_t{65} << 20U);  // a hole
  std::string hint;
  try {
    (void)DirectoryTree(directory.path()).read("a.bin");
  } catch (const Error& error) {
    CHECK_THAT(error.what(), Contains("/a.bin: it is larger than 64 MiB"));
    hint = error.text().hint;
  }
  CHECK_THAT(hint, Contains("keep data out of the repository"));
}

TEST_CASE("the executable bit is kept, and a symbolic link below a mounted directory is refused by name") {
  const hwcsync::test::TemporaryDirectory directory;
  const std::filesystem::path top = directory.path() + "/stacks/s/bin";
  std::filesystem::create_directories(top);
  std::ofstream(top / "run.sh") << "#!/bin/sh\n";
  std::ofstream(top / "data") << "x";
  std::filesystem::permissions(top / "run.sh", std::filesystem::perms::owner_all);
  const Fixture fixture;
  const auto load = [&] {
    return load_project(DirectoryTree(directory.path()),
                        parse_yaml(mounting("'./bin:/b:ro'"), "stacks/s/compose.yaml"), fixture.context);
  };
  const auto files = load().directories.at("bin").files;
  CHECK(files.at("run.sh").executable);
  CHECK_FALSE(files.at("data").executable);
  std::filesystem::create_symlink("/etc/passwd", top / "link");
  CHECK_THROWS_WITH(load(), Contains("'stacks/s/bin/link' is a symbolic link, and none is followed"));
}

TEST_CASE("another repository below a mounted directory is refused by name, as a commit would have it") {
  const hwcsync::test::TemporaryDirectory directory;
  const std::filesystem::path html = directory.path() + "/stacks/s/html";
  std::filesystem::create_directories(html / "theme");
  std::ofstream(html / "index.html") << "x";
  std::ofstream(html / "theme/main.css") << "x";
  const auto load = [&](const std::string& volume) {
    return load_project(DirectoryTree(directory.path()),
                        parse_yaml(mounting(volume), "stacks/s/compose.yaml"), Fixture().context);
  };
  CHECK(load("'./html:/h:ro'").directories.at("html").files.count("theme/main.css") == 1);
  std::ofstream(html / "theme/.git") << "gitdir: elsewhere";
  CHECK_THROWS_WITH(load("'./html:/h:ro'"),
                    Contains("compose.yaml:4:16: 'stacks/s/html/theme' is a submodule (another repository)"));
  CHECK_THROWS_WITH(load("'./html/theme:/h:ro'"),
                    Contains("'html/theme' cannot be mounted: 'stacks/s/html/theme' is a submodule"));
  CHECK_THROWS_WITH(load("'./html/theme/main.css:/h:ro'"), Contains("'stacks/s/html/theme' is a submodule"));
}

}  // namespace
}  // namespace hwcsync::compose
