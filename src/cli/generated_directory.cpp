#include "src/cli/generated_directory.hpp"

#include "gitops/nix/standing_files.hpp"
#include "src/base/atomic_file.hpp"
#include "src/base/error.hpp"
#include "src/base/fd.hpp"

#include <algorithm>
#include <filesystem>

namespace hwcsync::cli {
namespace fs = std::filesystem;
namespace {

bool is_regular(const std::string& path) {
  return fs::is_regular_file(fs::symlink_status(path));
}

enum class Runs { no, yes };

void write_file(const std::string& path, const std::string& content, Runs runs) {
  AtomicFile file(path, runs == Runs::yes ? 0755 : 0644);
  file.write(content);
  file.commit();
}

bool stands(const std::string& path, const std::string& content, Runs runs) {
  if (!is_regular(path)) return false;
  const bool executable = (fs::status(path).permissions() & fs::perms::owner_exec) != fs::perms::none;
  return executable == (runs == Runs::yes) && read_file(path) == content;
}

Runs runs_of(const nix::Rendered& rendered, const std::string& path) {
  return rendered.executables.count(path) > 0 ? Runs::yes : Runs::no;
}

}  // namespace

std::vector<std::string> GeneratedDirectory::present() const {
  std::vector<std::string> out;
  if (!fs::is_directory(path_)) return out;
  for (const auto& item : fs::recursive_directory_iterator(path_)) {
    const std::string path = item.path().lexically_relative(path_).string();
    if (item.is_directory() && !item.is_symlink()) continue;
    if (path != nix::kCopiesFile) out.push_back(path);
  }
  std::sort(out.begin(), out.end());
  return out;
}

void GeneratedDirectory::refuse_foreign(const Files& files) const {
  const auto refuse = [&](const nix::Obstacle& obstacle) {
    throw RefusedError({"cannot overwrite", path_ + '/' + obstacle.path, obstacle.reason,
                        "move what is yours to the stack itself, then remove the file" +
                            (obstacle.difference.empty() ? "" : "\n  " + obstacle.difference)});
  };
  Files standing;
  for (const std::string& path : present()) {
    const std::string full = path_ + '/' + path;
    if (!is_regular(full)) refuse({path, "it is no regular file", ""});
    standing[path] = read_file(full);
  }
  if (const std::string copies = path_ + '/' + nix::kCopiesFile; is_regular(copies))
    standing[nix::kCopiesFile] = read_file(copies);
  if (const auto obstacle = nix::find_obstacle(standing, files)) refuse(*obstacle);
}

// With the directories that it leaves empty: Git does not know them.
void GeneratedDirectory::remove(const std::string& path) const {
  const fs::path directory = path_;
  fs::remove(directory / path);
  for (fs::path above = fs::path(path).parent_path(); !above.empty() && fs::is_empty(directory / above);
       above = above.parent_path()) {
    fs::remove(directory / above);
  }
}

// The list of copies comes last: what a killed run wrote is what this one would write, or listed.
void GeneratedDirectory::write(const nix::Rendered& rendered) const {
  refuse_foreign(rendered.files);
  for (const auto& [path, content] : rendered.files) {
    const std::string full = path_ + '/' + path;
    const Runs runs = runs_of(rendered, path);
    // Writing is synced, which takes longer than rendering.
    if (!stands(full, content, runs)) {
      make_directories(fs::path(full).parent_path().string(), 0755);
      write_file(full, content, runs);
    }
  }
  for (const std::string& path : present()) {
    if (rendered.files.count(path) == 0) remove(path);
  }
  const std::string copies = nix::list_of_copies(rendered.files);
  if (copies.empty()) {
    fs::remove(path_ + '/' + nix::kCopiesFile);
  } else {
    write_file(path_ + '/' + nix::kCopiesFile, copies, Runs::no);
  }
}

std::vector<std::string> GeneratedDirectory::stale(const nix::Rendered& rendered) const {
  std::vector<std::string> out;
  for (const std::string& path : present()) {
    if (rendered.files.count(path) == 0) out.push_back(path);
  }
  for (const auto& [path, content] : rendered.files) {
    if (!stands(path_ + '/' + path, content, runs_of(rendered, path))) out.push_back(path);
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace hwcsync::cli
