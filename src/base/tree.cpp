#include "src/base/tree.hpp"

#include "src/base/error.hpp"
#include "src/base/fd.hpp"
#include "src/base/hash.hpp"
#include "src/base/text.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>

namespace hwcsync {
namespace fs = std::filesystem;
namespace {

// More than what a stack may mount, so that a mount that is too large is told at its place.
constexpr std::size_t kFileLimit = 64U << 20U;

// A repository of its own; of a submodule `.git` is a file.
bool is_repository(const std::string& directory) {
  std::error_code error;
  return fs::exists(fs::symlink_status(directory + "/.git", error));
}

// Whether each directory above `path` is one, and neither a link to one nor another repository.
bool leads_there(const std::string& root, const std::string& path) {
  for (auto slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    std::error_code error;
    const std::string above = root + '/' + path.substr(0, slash);
    if (fs::symlink_status(above, error).type() != fs::file_type::directory) return false;
    if (is_repository(above)) return false;
  }
  return true;
}

}  // namespace

std::optional<std::string> Tree::blob_id(const std::string& path) const {
  const auto content = read(path);
  if (!content) return std::nullopt;
  return git_blob_id(*content);
}

DirectoryTree::DirectoryTree(std::string root) : root_(std::move(root)) {
  if (!fs::is_directory(root_)) {
    throw Error("cannot open the repository", root_, "there is no such directory");
  }
}

std::optional<std::string> DirectoryTree::read(const std::string& path) const {
  if (!leads_there(root_, path)) return std::nullopt;
  const std::string full = root_ + '/' + path;
  std::error_code error;
  const fs::file_status status = fs::symlink_status(full, error);
  if (status.type() == fs::file_type::symlink) return fs::read_symlink(full).string();
  if (status.type() != fs::file_type::regular) return std::nullopt;
  if (fs::file_size(full, error) > kFileLimit) {
    throw Error(
        ErrorText{"cannot read", full,
                  "it is larger than " + std::to_string(kFileLimit >> 20U) +
                      " MiB, too much to copy to a host with every change",
                  "keep data out of the repository, at an absolute path of the host, or build an image"});
  }
  return read_file(full, kFileLimit);
}

std::optional<std::vector<TreeEntry>> DirectoryTree::list(const std::string& path) const {
  if (!leads_there(root_, path)) return std::nullopt;
  const std::string full = path.empty() ? root_ + '/' : root_ + '/' + path;
  std::error_code error;
  if (fs::symlink_status(full, error).type() != fs::file_type::directory) return std::nullopt;
  if (!path.empty() && is_repository(full)) return std::nullopt;
  std::vector<TreeEntry> out;
  for (const fs::directory_entry& item : fs::directory_iterator(full)) {
    const std::string name = item.path().filename().string();
    const fs::file_status status = item.symlink_status();
    if (name == ".git") continue;
    if (status.type() == fs::file_type::directory) {
      out.push_back(
          {name, is_repository(item.path().string()) ? EntryKind::submodule : EntryKind::directory});
    } else if (status.type() == fs::file_type::symlink) {
      out.push_back({name, EntryKind::symlink});
    } else if (status.type() == fs::file_type::regular) {
      const bool runs = (status.permissions() & fs::perms::owner_exec) != fs::perms::none;
      out.push_back({name, runs ? EntryKind::executable : EntryKind::file});
    }
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return out;
}

std::optional<std::string> MemoryTree::read(const std::string& path) const {
  const auto found = files_.find(path);
  if (found == files_.end()) return std::nullopt;
  return found->second;
}

std::optional<std::vector<TreeEntry>> MemoryTree::list(const std::string& path) const {
  const std::string prefix = path.empty() ? "" : path + '/';
  std::vector<TreeEntry> out;
  for (auto it = files_.lower_bound(prefix); it != files_.end() && it->first.rfind(prefix, 0) == 0; ++it) {
    const std::string rest = it->first.substr(prefix.size());
    const auto slash = rest.find('/');
    const std::string name = rest.substr(0, slash);
    if (!out.empty() && out.back().name == name) continue;
    out.push_back({name, slash == std::string::npos ? EntryKind::file : EntryKind::directory});
  }
  if (out.empty() && !path.empty()) return std::nullopt;
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return out;
}

std::optional<std::string> entry_fault(EntryKind kind, const std::string& path) {
  if (kind == EntryKind::symlink) {
    return "'" + path +
           "' is a symbolic link, and none is followed: commit what it points to under this name instead";
  }
  if (kind == EntryKind::submodule) {
    return "'" + path +
           "' is a submodule (another repository), whose files are not in this repository's commits: commit "
           "the files that are needed under this name instead";
  }
  return std::nullopt;
}

std::optional<std::string> path_fault(const Tree& tree, const std::string& path) {
  std::string above;
  for (const std::string& part : split(path, '/')) {
    const auto entries = tree.list(above);
    if (!entries) return std::nullopt;
    const std::string here = above.empty() ? part : above + '/' + part;
    for (const TreeEntry& entry : *entries) {
      if (entry.name != part) continue;
      if (auto fault = entry_fault(entry.kind, here)) return fault;
    }
    above = here;
  }
  return std::nullopt;
}

std::optional<std::string> join_path(std::string_view directory, std::string_view relative) {
  if (!relative.empty() && relative.front() == '/') return std::nullopt;
  std::vector<std::string> parts;
  for (const std::string_view path : {directory, relative}) {
    for (std::string& part : split(path, '/')) {
      if (part.empty() || part == ".") continue;
      if (part == "..") {
        if (parts.empty()) return std::nullopt;
        parts.pop_back();
      } else {
        parts.push_back(std::move(part));
      }
    }
  }
  return join(parts, "/");
}

}  // namespace hwcsync
