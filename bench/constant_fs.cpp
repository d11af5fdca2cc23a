#include "bench/constant_fs.hpp"

#define FUSE_USE_VERSION 314
#include <fuse_lowlevel.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

#include <sys/stat.h>

namespace hwcsync::bench {
namespace {

constexpr std::string_view kValue = "a constant of thirty-two bytes.\n";
constexpr fuse_ino_t kFile = 2;
constexpr double kNever = 0;

struct stat describe(fuse_ino_t node) {
  struct stat out {};
  out.st_ino = node;
  out.st_mode = node == FUSE_ROOT_ID ? (S_IFDIR | 0755U) : (S_IFREG | 0444U);
  out.st_nlink = 1;
  out.st_size = node == FUSE_ROOT_ID ? 0 : static_cast<off_t>(kValue.size());
  return out;
}

const fuse_lowlevel_ops& operations() {
  static const fuse_lowlevel_ops table = [] {
    fuse_lowlevel_ops out{};
    out.lookup = [](fuse_req_t request, fuse_ino_t, const char* name) {
      if (std::string_view(name) != "value") {
        fuse_reply_err(request, ENOENT);
        return;
      }
      fuse_entry_param entry{};
      entry.ino = kFile;
      entry.attr = describe(kFile);
      entry.attr_timeout = entry.entry_timeout = kNever;
      fuse_reply_entry(request, &entry);
    };
    out.getattr = [](fuse_req_t request, fuse_ino_t node, fuse_file_info*) {
      const struct stat attributes = describe(node);
      fuse_reply_attr(request, &attributes, kNever);
    };
    out.open = [](fuse_req_t request, fuse_ino_t, fuse_file_info* file) {
      file->direct_io = 1;
      fuse_reply_open(request, file);
    };
    out.read = [](fuse_req_t request, fuse_ino_t, std::size_t size, off_t offset, fuse_file_info*) {
      const auto start = std::min(static_cast<std::size_t>(offset), kValue.size());
      const auto part = kValue.substr(start, size);
      fuse_reply_buf(request, part.data(), part.size());
    };
    return out;
  }();
  return table;
}

}  // namespace

bool serve_constant(const std::string& directory) {
  std::array<std::string, 3> words{"constant", "-o", "allow_other"};
  std::array<char*, 4> argv{words[0].data(), words[1].data(), words[2].data(), nullptr};
  fuse_args arguments FUSE_ARGS_INIT(3, argv.data());
  fuse_session* session = fuse_session_new(&arguments, &operations(), sizeof(fuse_lowlevel_ops), nullptr);
  if (session == nullptr || fuse_session_mount(session, directory.c_str()) != 0) return false;
  fuse_session_loop(session);
  fuse_session_destroy(session);
  fuse_opt_free_args(&arguments);
  return true;
}

}  // namespace hwcsync::bench
