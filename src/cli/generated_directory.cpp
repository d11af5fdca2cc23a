#include "src/cli/generated_directory.hpp"

#include "src/base/atomic_file.hpp"
#include "src/base/error.hpp"
#include "src/base/fd.hpp"

#include <algorithm>
#include <filesystem>
#include <functional>

namespace hwcsync::cli {
namespace fs = std::filesystem;
namespace {

// What is being written; what is left of it was left by a process that was killed.
constexpr std::string_view kScratch = ".hwcsync-new.";

bool is_regular(const std::string& path) {
  return fs::is_regular_file(fs::symlink_status(path));
}

unsigned mode_of(const nix::Rendered& rendered, const std::string& path) {
  return rendered.executables.count(path) > 0 ? 0755 : 0644;
}

bool stands(const std::string& path, const std::string& content, unsigned mode) {
  if (!is_regular(path)) return false;
  const bool executable = (fs::status(path).permissions() & fs::perms::owner_exec) != fs::perms::none;
  return executable == (mode == 0755) && read_file(path) == content;
}

}  // namespace

bool GeneratedDirectory::is_list(const std::string& path) {
  return path == nix::kCopiesFile;
}

std::vector<std::string> GeneratedDirectory::present() const {
  std::vector<std::string> out;
  if (!fs::is_directory(path_)) return out;
  for (const auto& item : fs::recursive_directory_iterator(path_)) {
    const std::string path = item.path().lexically_relative(path_).string();
    if (item.is_directory() && !item.is_symlink()) continue;
    if (path != nix::kCopiesFile && path.rfind(kScratch, 0) != 0) out.push_back(path);
  }
  std::sort(out.begin(), out.end());
  return out;
}

// Innermost first, `below` itself last.
std::vector<std::string> GeneratedDirectory::directories(const std::string& below) const {
  std::vector<std::string> out;
  const fs::path top = fs::path(path_) / below;
  if (fs::symlink_status(top).type() != fs::file_type::directory) return out;
  out.push_back(below);
  for (const auto& item : fs::recursive_directory_iterator(top)) {
    if (item.is_directory() && !item.is_symlink())
      out.push_back(item.path().lexically_relative(path_).string());
  }
  std::sort(out.rbegin(), out.rend());
  return out;
}

std::string GeneratedDirectory::list() const {
  const std::string path = path_ + '/' + nix::kCopiesFile;
  return is_regular(path) ? read_file(path) : "";
}

void GeneratedDirectory::refuse_foreign(const nix::FileMap& files) const {
  const auto refuse = [&](const nix::Obstacle& obstacle) {
    throw RefusedError({"cannot overwrite", path_ + '/' + obstacle.path, obstacle.reason,
                        "move what is yours to the stack itself, then remove the file" +
                            (obstacle.difference.empty() ? "" : "\n  " + obstacle.difference)});
  };
  nix::FileMap standing;
  for (const std::string& path : present()) {
    const std::string full = path_ + '/' + path;
    if (!is_regular(full)) refuse({path, "it is no regular file", ""});
    standing[path] = read_file(full);
  }
  standing[nix::kCopiesFile] = list();
  if (const auto obstacle = nix::find_obstacle(standing, files)) refuse(*obstacle);
}

// What goes, with the directories that it leaves empty (Git does not know them) and those in the way of a
// file.
void GeneratedDirectory::add_removals(const nix::FileMap& files, std::vector<Step>& out) const {
  std::set<std::string> kept;
  for (const auto& [path, content] : files) {
    for (auto slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1))
      kept.insert(path.substr(0, slash));
  }
  std::set<std::string, std::greater<>> emptied;  // innermost first
  for (const std::string& path : present()) {
    if (files.count(path) > 0) continue;
    out.push_back({.kind = Step::Kind::remove, .path = path});
    for (auto slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
      if (kept.count(path.substr(0, slash)) == 0) emptied.insert(path.substr(0, slash));
    }
  }
  for (const auto& [path, content] : files) {
    for (std::string& directory : directories(path)) emptied.insert(std::move(directory));
  }
  for (const std::string& directory : emptied)
    out.push_back({.kind = Step::Kind::remove_directory, .path = directory});
}

std::vector<GeneratedDirectory::Step> GeneratedDirectory::steps(const nix::Rendered& rendered) const {
  refuse_foreign(rendered.files);
  const nix::Copies listed = nix::read_list_of_copies(list());
  const nix::Copies coming = nix::copies_among(rendered.files);
  std::vector<Step> out;
  if (fs::is_directory(path_)) {
    for (const auto& item : fs::directory_iterator(path_)) {
      const std::string name = item.path().filename().string();
      if (name.rfind(kScratch, 0) == 0) out.push_back({.kind = Step::Kind::remove, .path = name});
    }
  }
  const auto write_list = [&](const nix::Copies& copies) {
    out.push_back({.path = nix::kCopiesFile, .content = nix::list_of_copies(copies)});
  };
  // Before any file, and with what goes: no copy stands there that the list does not name.
  nix::Copies all = listed;
  all.insert(coming.begin(), coming.end());
  if (all != listed) write_list(all);
  add_removals(rendered.files, out);
  for (const auto& [path, content] : rendered.files) {
    const unsigned mode = mode_of(rendered, path);
    // Writing is synced, which takes longer than rendering.
    if (!stands(path_ + '/' + path, content, mode))
      out.push_back({.path = path, .content = content, .mode = mode});
  }
  if (coming.empty() && fs::exists(fs::symlink_status(path_ + '/' + nix::kCopiesFile))) {
    out.push_back({.kind = Step::Kind::remove, .path = nix::kCopiesFile});
  } else if (all != coming) {
    write_list(coming);
  }
  return out;
}

void GeneratedDirectory::perform(const Step& step) const {
  const std::string full = path_ + '/' + step.path;
  if (step.kind == Step::Kind::remove) {
    fs::remove(full);
    sync_directory(fs::path(full).parent_path().string());  // before the list forgets it
  } else if (step.kind == Step::Kind::remove_directory) {
    if (fs::is_directory(fs::symlink_status(full)) && fs::is_empty(full)) fs::remove(full);
  } else {
    make_directories(fs::path(full).parent_path().string(), 0755);
    AtomicFile file(full, step.mode, path_ + '/' + std::string(kScratch));
    file.write(step.content);
    file.commit();
  }
}

std::vector<GeneratedDirectory::Step> GeneratedDirectory::write(const nix::Rendered& rendered) const {
  std::vector<Step> done = steps(rendered);
  for (const Step& step : done) perform(step);
  return done;
}

std::vector<std::string> GeneratedDirectory::stale(const nix::Rendered& rendered) const {
  std::vector<std::string> out;
  for (const std::string& path : present()) {
    if (rendered.files.count(path) == 0) out.push_back(path);
  }
  for (const auto& [path, content] : rendered.files) {
    if (!stands(path_ + '/' + path, content, mode_of(rendered, path))) out.push_back(path);
  }
  // Without the list the next one takes the copies for somebody else's. It changes with any of them.
  const nix::Copies coming = nix::copies_among(rendered.files);
  if (out.empty() && list() != (coming.empty() ? "" : nix::list_of_copies(coming)))
    out.push_back(nix::kCopiesFile);
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace hwcsync::cli
