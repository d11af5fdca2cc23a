#include "watcher/local_repository.hpp"

#include "src/base/error.hpp"
#include "src/base/fd.hpp"
#include "src/base/text.hpp"

#include <filesystem>
#include <string_view>

namespace hwcsync::watch {
namespace {

namespace fs = std::filesystem;

bool is_a_directory(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

// The first line of a small file; nothing when it cannot be read.
std::optional<std::string> line_of(const fs::path& path) {
  try {
    return std::string(trim(read_file(path.string(), 4096)));
  } catch (const SystemError&) {
    return std::nullopt;
  }
}

bool has_refs(const fs::path& path) {
  return is_a_directory(path / "refs") && is_a_directory(path / "objects");
}

}  // namespace

std::optional<std::string> local_path(const std::string& url) {
  constexpr std::string_view kFile = "file://";
  std::string path = url;
  if (url.starts_with(kFile)) path = url.substr(kFile.size());
  if (path.empty() || path.front() != '/') return std::nullopt;
  return path;
}

std::optional<std::string> git_directory(const std::string& path) {
  const fs::path root(path);
  if (has_refs(root)) return path;
  const fs::path inner = root / ".git";
  if (has_refs(inner)) return inner.string();
  // gitrepository-layout(5): ".git" may be a file "gitdir: PATH", and a worktree's gitdir has a file
  // "commondir".
  const auto pointer = line_of(inner);
  if (!pointer || !pointer->starts_with("gitdir: ")) return std::nullopt;
  fs::path directory = root / pointer->substr(8);
  if (const auto common = line_of(directory / "commondir")) directory /= *common;
  directory = directory.lexically_normal();
  if (!has_refs(directory)) return std::nullopt;
  return directory.string();
}

}  // namespace hwcsync::watch
