#pragma once

#include "src/base/process.hpp"
#include "tests/support/temporary_directory.hpp"

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace hwcsync::test {

// A real repository made by the real git, hermetic: no configuration of the machine, fixed author and dates.
class GitFixture {
 public:
  GitFixture() {
    std::filesystem::create_directory(work());
    git({"init", "--quiet", "--initial-branch=main", work()});
    git({"init", "--quiet", "--bare", "--initial-branch=main", bare()});
  }

  [[nodiscard]] std::string work() const { return dir_.path() + "/work"; }
  [[nodiscard]] std::string bare() const { return dir_.path() + "/bare.git"; }
  [[nodiscard]] const std::string& path() const { return dir_.path(); }

  void write(const std::string& file, const std::string& content) {
    const std::filesystem::path path = work() + '/' + file;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << content;
  }
  void remove(const std::string& file) { std::filesystem::remove(work() + '/' + file); }

  // Commits everything, pushes to the bare repository and returns the commit's id.
  std::string commit(const std::string& message) {
    git({"-C", work(), "add", "-A"});
    git({"-C", work(), "commit", "--quiet", "--allow-empty", "-m", message});
    push("main");
    return head();
  }
  void push(const std::string& refspec) {
    git({"-C", work(), "push", "--quiet", "--force", bare(), refspec});
  }
  [[nodiscard]] std::string head() {
    std::string out = git({"-C", work(), "rev-parse", "HEAD"});
    out.pop_back();
    return out;
  }

  std::string git(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "git");
    SystemProcessRunner runner;
    auto environment = minimal_environment();
    environment["HOME"] = dir_.path();
    environment["GIT_CONFIG_GLOBAL"] = "/dev/null";
    environment["GIT_CONFIG_NOSYSTEM"] = "1";
    for (const char* who : {"AUTHOR", "COMMITTER"}) {
      environment[std::string("GIT_") + who + "_NAME"] = "eric";
      environment[std::string("GIT_") + who + "_EMAIL"] = "eric@example.net";
      environment[std::string("GIT_") + who + "_DATE"] = "1700000000 +0000";
    }
    return runner.require({.argv = arguments, .environment = environment}, "run git").output;
  }

 private:
  TemporaryDirectory dir_;
};

}  // namespace hwcsync::test
