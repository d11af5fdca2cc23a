#pragma once

#include "gitops/source/object_id.hpp"
#include "src/base/process.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace hwcsync::git {

struct FetchOptions {
  std::string mirror;  // our bare repository
  std::string remote;  // URL or path
  std::chrono::milliseconds deadline{300'000};
  std::string scratch;  // directory of ours for the private git configuration
};

// Fetches +refs/heads/*:refs/remotes/origin/* into the mirror, in a `git` child with a deadline: libgit2 1.5
// cannot time out, and a `--mirror` fetch with prune would delete refs/hwcsync. A local source that another
// user owns is made readable by a private global configuration. Throws Error with git's own last words.
void fetch(ProcessRunner& runner, const FetchOptions& options);

// The commit that a branch of the remote points to, without fetching; nothing when there is no such branch.
[[nodiscard]] std::optional<ObjectId> remote_head(ProcessRunner& runner, const FetchOptions& options,
                                                  const std::string& branch);

}  // namespace hwcsync::git
