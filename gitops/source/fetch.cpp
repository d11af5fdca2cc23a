#include "gitops/source/fetch.hpp"

#include "src/base/atomic_file.hpp"
#include "src/base/error.hpp"
#include "src/base/fd.hpp"
#include "src/base/text.hpp"

#include <filesystem>

namespace hwcsync::git {
namespace {

bool is_local(const std::string& remote) {
  return !remote.empty() && remote.front() == '/';
}

std::string without_scheme(const std::string& remote) {
  constexpr std::string_view kScheme = "file://";
  return remote.rfind(kScheme, 0) == 0 ? remote.substr(kScheme.size()) : remote;
}

// A child `git` sees this configuration and no other. `safe.directory` has to stand in a file: `-c` does not
// reach the upload-pack that a local fetch starts.
std::map<std::string, std::string> environment(const FetchOptions& options) {
  const std::string path = options.scratch + "/gitconfig";
  std::string text = "[safe]\n\tdirectory = " + options.mirror + "\n";
  const std::string source = without_scheme(options.remote);
  if (is_local(source)) text += "\tdirectory = " + source + "\n\tdirectory = " + source + "/.git\n";
  make_directories(options.scratch, 0700);
  if (!std::filesystem::exists(path) || read_file(path) != text) {
    AtomicFile file(path, 0600);
    file.write(text);
    file.commit();
  }
  auto out = minimal_environment();
  out["GIT_CONFIG_GLOBAL"] = path;
  out["GIT_CONFIG_NOSYSTEM"] = "1";
  out["GIT_TERMINAL_PROMPT"] = "0";
  return out;
}

void refuse_option(const FetchOptions& options) {
  if (options.remote.empty() || options.remote.front() == '-') {
    throw Error("cannot fetch from", "'" + options.remote + "'", "that is not the address of a repository");
  }
}

}  // namespace

void fetch(ProcessRunner& runner, const FetchOptions& options) {
  refuse_option(options);
  (void)runner.require({.argv = {"git", "--git-dir", options.mirror, "fetch", "--quiet", "--prune",
                                 "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance", "--",
                                 options.remote, "+refs/heads/*:refs/remotes/origin/*"},
                        .environment = environment(options),
                        .deadline = options.deadline},
                       "fetch from " + options.remote);
}

std::optional<ObjectId> remote_head(ProcessRunner& runner, const FetchOptions& options,
                                    const std::string& branch) {
  refuse_option(options);
  const ProcessResult result =
      runner.require({.argv = {"git", "ls-remote", "--", options.remote, "refs/heads/" + branch},
                      .environment = environment(options),
                      .deadline = options.deadline},
                     "ask " + options.remote + " for its branches");
  return ObjectId::parse(std::string_view(result.output).substr(0, result.output.find('\t')));
}

}  // namespace hwcsync::git
