#pragma once

#include "src/base/process.hpp"
#include "tests/support/temporary_directory.hpp"

#include <fstream>
#include <string>
#include <vector>

namespace hwcsync::test {

// A bare repository and a clone that pushes to it, driven by the real git with no configuration of this
// machine.
class GitSandbox {
 public:
  GitSandbox() {
    git({"init", "--quiet", "--bare", "--initial-branch=main", bare()});
    git({"init", "--quiet", "--initial-branch=main", work()});
    git_in_work({"remote", "add", "origin", bare()});
  }

  [[nodiscard]] const std::string& path() const { return directory_.path(); }
  [[nodiscard]] std::string bare() const { return path() + "/bare.git"; }
  [[nodiscard]] std::string work() const { return path() + "/work"; }

  // Writes a file, commits it and gives the commit's id.
  std::string commit(const std::string& file, const std::string& content,
                     const std::string& message = "change") {
    const std::string full = work() + "/" + file;
    std::filesystem::create_directories(std::filesystem::path(full).parent_path());
    std::ofstream(full) << content;
    git_in_work({"add", "--all"});
    git_in_work({"commit", "--quiet", "--allow-empty", "-m", message});
    return head();
  }

  std::string head() { return git_in_work({"rev-parse", "HEAD"}); }

  void push(const std::vector<std::string>& arguments = {"main"}) {
    std::vector<std::string> all{"push", "--quiet", "origin"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    git_in_work(all);
  }

  std::string git_in_work(const std::vector<std::string>& arguments) { return git_in(work(), arguments); }
  std::string git_in_bare(const std::vector<std::string>& arguments) { return git_in(bare(), arguments); }

  std::string git(const std::vector<std::string>& arguments) {
    std::vector<std::string> argv{"git"};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    std::string output = runner_.require({.argv = argv, .environment = environment()}, "run git").output;
    while (!output.empty() && output.back() == '\n') output.pop_back();
    return output;
  }

 private:
  std::string git_in(const std::string& directory, const std::vector<std::string>& arguments) {
    std::vector<std::string> all{"-C", directory};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return git(all);
  }

  std::map<std::string, std::string> environment() const {
    auto out = minimal_environment();
    out["GIT_CONFIG_GLOBAL"] = "/dev/null";
    out["GIT_CONFIG_NOSYSTEM"] = "1";
    out["HOME"] = path();
    out["GIT_AUTHOR_NAME"] = out["GIT_COMMITTER_NAME"] = "Eric";
    out["GIT_AUTHOR_EMAIL"] = out["GIT_COMMITTER_EMAIL"] = "eric@example.net";
    return out;
  }

  TemporaryDirectory directory_;
  SystemProcessRunner runner_;
};

}  // namespace hwcsync::test
