#pragma once

#include <optional>
#include <string>

namespace hwcsync::watch {

// The path of a repository on this machine that a configured URL means ("/srv/x.git", "file:///srv/x.git");
// nothing for a URL of another machine. Text only, the path need not exist.
[[nodiscard]] std::optional<std::string> local_path(const std::string& url);

// The directory that holds the refs of the repository at `path`: itself when bare, else its .git, and for a
// worktree the common directory that its .git file leads to. Nothing when there is no repository.
[[nodiscard]] std::optional<std::string> git_directory(const std::string& path);

}  // namespace hwcsync::watch
