#include "gitops/apply/export_tree.hpp"

#include "src/base/atomic_file.hpp"

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include <fcntl.h>
#include <unistd.h>

namespace hwcsync::apply {
namespace {

void write_entry(const git::GitTree& tree, const std::string& path, EntryKind kind,
                 const std::string& target) {
  const auto content = tree.read(path);
  if (!content) throw Error("cannot export", path, "it cannot be read from the mirror");
  if (kind == EntryKind::symlink) {
    if (::symlink(content->c_str(), target.c_str()) != 0) throw_errno("cannot create", target);
    return;
  }
  const Fd file = open_file(target, O_WRONLY | O_CREAT | O_EXCL, kind == EntryKind::executable ? 0755 : 0644);
  write_all(file.get(), *content, target);
}

void write_directory(const git::GitTree& tree, const std::string& path, const std::string& target) {
  make_directories(target, 0755);
  const auto entries = tree.list(path);
  if (!entries) return;
  for (const TreeEntry& entry : *entries) {
    const std::string below = path.empty() ? entry.name : path + '/' + entry.name;
    if (entry.kind == EntryKind::submodule) {
      make_directories(target + '/' + entry.name, 0755);  // as git leaves one that nobody initialised
    } else if (entry.kind == EntryKind::directory) {
      write_directory(tree, below, target + '/' + entry.name);
    } else {
      write_entry(tree, below, entry.kind, target + '/' + entry.name);
    }
  }
}

}  // namespace

std::string export_tree(const std::string& state_dir, const git::Repository& mirror,
                        const git::ObjectId& commit) {
  const std::string parent = state_dir + "/export";
  const std::string target = parent + '/' + commit.hex();
  if (std::filesystem::exists(target)) return target;
  make_directories(parent, 0755);
  const std::string half = target + ".half";
  std::filesystem::remove_all(half);
  write_directory(mirror.tree(commit), "", half);
  if (::rename(half.c_str(), target.c_str()) != 0) throw_errno("cannot rename", half);
  sync_directory(parent);
  return target;
}

}  // namespace hwcsync::apply
